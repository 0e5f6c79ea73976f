import type { components } from './schema.gen';

type Problem = components['schemas']['Problem'];
export type FieldProblem = components['schemas']['FieldProblem'];

/** What went wrong with a call. `status` is 0 when no answer came. `retryAfter` is in seconds. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string | undefined;
  readonly requestId: string | undefined;
  readonly fields: readonly FieldProblem[];
  readonly retryAfter: number | undefined;
  /** When trying again may help, as `Date.now()` counts. */
  readonly retryAt: number | undefined;

  constructor(
    problem: Partial<Omit<Problem, 'code'>> & { status: number; code: string },
    retryAfter?: number,
  ) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail;
    this.requestId = problem.request_id;
    this.fields = problem.errors ?? [];
    this.retryAfter = retryAfter;
    this.retryAt = retryAfter === undefined ? undefined : Date.now() + retryAfter * 1000;
  }

  static network(cause: unknown): ApiError {
    const error = new ApiError({ status: 0, code: 'network' });
    error.cause = cause;
    return error;
  }
}

/** The error of a response that is no success, also when a proxy in between answered with something of its own. */
export async function problemOf(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const retryAfter = Number.isFinite(after) ? after : undefined;
  try {
    const body = (await response.clone().json()) as Partial<Omit<Problem, 'code'>> & { code?: unknown };
    if (typeof body.code === 'string') {
      return new ApiError({ ...body, status: response.status, code: body.code }, retryAfter);
    }
  } catch {
    // not JSON
  }
  return new ApiError({ status: response.status, code: `http_${String(response.status)}` }, retryAfter);
}
