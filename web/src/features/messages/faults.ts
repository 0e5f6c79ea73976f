import type { FieldProblem } from '@/api/problem';

export interface Fault {
  field: 'subject' | 'html' | 'text';
  /** From 1; undefined where the fault is no line's. */
  line?: number;
  message: string;
}

const isField = (field: string): field is Fault['field'] => ['subject', 'html', 'text'].includes(field);

/** The faults of a template that the server found: `line 3: …; line 7: …` becomes two. */
export function faultsOf(problems: readonly FieldProblem[]): Fault[] {
  return problems.flatMap(({ field, message }) => {
    if (!isField(field)) return [];
    return message.split(/; (?=line \d+: |there may be more)/).map((part) => {
      const [, line, text] = /^line (\d+): (.*)$/s.exec(part) ?? [];
      return line === undefined || text === undefined
        ? { field, message: part }
        : { field, line: Number(line), message: text };
    });
  });
}
