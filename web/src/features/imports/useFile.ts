import { useState } from 'react';
import { HEAD, isWorkbook, sample, type Charset, type Sample } from './csv';
import { recognise, type Target } from './columns';

export interface Chosen {
  file: File;
  head: Uint8Array;
  sample: Sample;
  targets: Target[];
}

export type FileFault = 'workbook' | 'empty' | 'unreadable';

/** The file that is to be imported, with what its beginning says and what the person made of that. */
export function useFile() {
  const [chosen, setChosen] = useState<Chosen>();
  const [fault, setFault] = useState<FileFault>();
  const read = (file: File, head: Uint8Array, charset?: Charset) => {
    const found = sample(head, head.length === file.size, charset);
    if (!found) {
      setFault('empty');
      return;
    }
    setFault(undefined);
    setChosen({ file, head, sample: found, targets: recognise(found.header.fields) });
  };
  const choose = async (file: File) => {
    setChosen(undefined);
    try {
      const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
      if (isWorkbook(head)) setFault('workbook');
      else read(file, head);
    } catch {
      setFault('unreadable');
    }
  };
  return {
    chosen,
    fault,
    choose,
    setCharset: (charset: Charset) => {
      if (chosen) read(chosen.file, chosen.head, charset);
    },
    setTarget: (at: number, target: Target) => {
      if (chosen)
        setChosen({ ...chosen, targets: chosen.targets.map((old, i) => (i === at ? target : old)) });
    },
    clear: () => {
      setChosen(undefined);
      setFault(undefined);
    },
  };
}
