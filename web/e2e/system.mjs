// A `vestnik up` of the tests' own: private PostgreSQL, embedded NATS and Redis, built-in mailbox, free ports and a data
// directory that goes away with it.
import { execFile, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const program = process.env.VESTNIK ?? new URL('../../bin/vestnik', import.meta.url).pathname;
const PATIENCE = 120_000; // machines of CI are slow
export const PASSWORD = 'сорок тысяч писем';

export async function startSystem() {
  const dir = await mkdtemp(join(tmpdir(), 'vestnik-e2e-'));
  await chmod(dir, 0o755); // PostgreSQL of root runs as another user, and walks through
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VESTNIK|OTEL)_/.test(name));
  const env = {
    ...Object.fromEntries(inherited),
    VESTNIK_DATA_DIR: join(dir, 'data'),
    VESTNIK_HTTP_ADDR: '127.0.0.1:0',
    VESTNIK_LOG_LEVEL: 'warn',
    VESTNIK_LOG_FORMAT: 'json',
  };
  const up = await start(env, []);
  const base = new URL(up.welcome.api).origin;

  /** Runs a command of the program beside it and returns what it printed; `input` is its standard input. */
  const cli = (args, input = '') =>
    new Promise((resolve, reject) => {
      const child = execFile(program, args, { env, timeout: PATIENCE }, (error, stdout, stderr) => {
        if (error) reject(new Error(`vestnik ${args.join(' ')}: ${stderr || error.message}`));
        else resolve(stdout.trim());
      });
      child.stdin.end(input);
    });

  return {
    base,
    log: up.log,
    cli,
    /** An account with a confirmed address, and a key of it. */
    async account(email, role = 'user') {
      const key = await cli(
        ['user', 'create', '--email', email, '--password', '-', '--role', role, '--verified', '--api-key'],
        `${PASSWORD}\n`,
      );
      return { email, password: PASSWORD, key };
    },
    /** Calls the API with an account's key; what is no success is thrown. */
    async api({ key }, method, path, body) {
      const response = await fetch(`${base}/api/v1${path}`, {
        method,
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
    /** What the mailbox took, for an address or a word of the subject; the newest first. */
    async mail(query) {
      const url = `${base}/mailbox?format=json&limit=10000&q=${encodeURIComponent(query)}`;
      return (await (await fetch(url)).json()).messages;
    },
    /** The HTML of the newest message to an address, waiting for the count-th to be there. */
    async letter(email, count = 1) {
      const messages = await until(`message ${String(count)} to ${email}`, async () => {
        const found = await this.mail(email);
        return found.length >= count && found;
      });
      return (await fetch(`${base}/mailbox/${String(messages[0].n)}/html`)).text();
    },
    async stop() {
      await up.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Starts `vestnik up` and waits until it says that it is ready. */
async function start(env, flags) {
  const child = spawn(program, ['up', '--json', ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const ended = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  const welcome = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    child.once('error', reject);
    void ended.then((how) => reject(new Error(`vestnik up ended: ${String(how)}\n${log.join('\n')}`)));
    setTimeout(() => reject(new Error(`vestnik up is not ready\n${log.join('\n')}`)), PATIENCE).unref();
  }).catch((error) => {
    child.kill('SIGTERM');
    throw error;
  });
  return {
    welcome,
    log,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGTERM'), 30_000); // the second one does not wait
      await ended;
      clearTimeout(late);
    },
  };
}

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
