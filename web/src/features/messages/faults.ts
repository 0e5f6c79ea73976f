import type { FieldProblem } from '@/api/problem';
import { fieldText } from '@/ui/fieldText';

export interface Fault {
  field: 'subject' | 'html' | 'text';
  /** From 1; undefined where the fault is no line's. */
  line?: number;
  message: string;
}

const isField = (field: string): field is Fault['field'] => ['subject', 'html', 'text'].includes(field);

/** The faults of a message that the server found, in the language of the page. */
export function faultsOf(problems: readonly FieldProblem[]): Fault[] {
  return problems.flatMap((problem) => {
    const { field, params } = problem;
    if (!isField(field)) return [];
    const fault = { field, message: fieldText(problem) };
    return typeof params?.line === 'number' ? { ...fault, line: params.line } : fault;
  });
}
