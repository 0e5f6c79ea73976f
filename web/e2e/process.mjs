// Programs of the tests: started, watched, and gone with the tests whatever happens to those.
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const folder = new URL('../../bin/', import.meta.url).pathname;
export const PATIENCE = 240_000; // machines of CI are slow
const live = new Set();

/** Starts a program of bin/. `log` is what it wrote to standard error, `lines` what it writes to standard output. */
export function launch(program, args, env) {
  const child = spawn(folder + program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
    child.once('error', (error) => resolve(error.message));
  });
  live.add(child);
  void ended.then(() => live.delete(child));
  return {
    log,
    ended,
    lines: createInterface({ input: child.stdout }),
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGTERM'), 30_000); // the second one does not wait
      await ended;
      clearTimeout(late);
    },
    /** Ends it as a power cut would. */
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs a program of bin/ to its end and returns what it printed; `input` is its standard input. */
export function run(program, args, env, input = '') {
  return new Promise((resolve, reject) => {
    const child = execFile(folder + program, args, { env, timeout: PATIENCE }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}: ${stderr || error.message}`));
      else resolve(stdout.trim());
    });
    child.stdin.end(input);
  });
}

process.on('exit', () => {
  for (const child of live) child.kill('SIGTERM');
});

/** Asks until the answer is not false, null or undefined, and returns it. */
export async function until(what, ask, patience = PATIENCE) {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${String(patience / 1000)} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
