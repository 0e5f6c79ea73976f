// A Vestnik of the tests' own: private PostgreSQL, embedded NATS and Redis, built-in mailbox, free ports and a data
// directory that goes away with it.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectMail } from './mailbox.mjs';
import { launch, PATIENCE, run, until } from './process.mjs';

export const PASSWORD = 'сорок тысяч писем';
const systems = new Set();

/** Stops whatever of them still runs. */
export async function stopSystems() {
  await Promise.all([...systems].map((system) => system.stop()));
}

/**
 * Starts `vestnik up`. With `senders` it brings the servers and the gateway alone, and a planner and so many senders run
 * beside it, sending at most `rate` messages a second together.
 */
export async function startSystem({ senders = 0, rate = 0, settings = {} } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'vestnik-e2e-'));
  const running = [];
  const system = {
    log: () => running.flatMap(({ log }) => log),
    async stop() {
      systems.delete(system);
      system.mailbox?.stop();
      for (const program of running.splice(0).reverse()) await program.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
  systems.add(system);
  try {
    await chmod(dir, 0o755); // PostgreSQL of root runs as another user, and walks through
    const inherited = Object.entries(process.env).filter(([name]) => !/^(VESTNIK|OTEL)_/.test(name));
    const env = {
      ...Object.fromEntries(inherited),
      VESTNIK_DATA_DIR: join(dir, 'data'),
      VESTNIK_HTTP_ADDR: '127.0.0.1:0',
      VESTNIK_LOG_LEVEL: 'warn',
      VESTNIK_LOG_FORMAT: 'json',
      ...settings,
    };
    const begin = (program, args = [], more = {}) => {
      running.push(launch(program, args, { ...env, ...more }));
      return running.at(-1);
    };
    const up = begin('vestnik', ['up', '--json', ...(senders > 0 ? ['--no-planner', '--no-sender'] : [])]);
    const welcome = await within('vestnik up', up, new Promise((resolve) => up.lines.once('line', resolve)));
    const { api, mailbox, setup } = JSON.parse(welcome);
    const base = new URL(api).origin;
    const cli = (args, input) => run('vestnik', args, env, input);
    Object.assign(
      system,
      { base, cli, setup, mailbox: mailbox && collectMail(base) },
      calls(system, base, cli),
    );
    if (senders > 0) {
      const servers = JSON.parse(await cli(['config', '--export', '--json']));
      if (rate > 0) servers.VESTNIK_SMTP_URL += `&rate=${String(rate)}`;
      const part = async (program) => {
        const process = begin(program, [], { ...servers, VESTNIK_LOG_LEVEL: 'info' });
        await within(program, process, ready(process));
        return process;
      };
      const parts = ['planner', ...Array.from({ length: senders }, () => 'sender')];
      system.senders = (await Promise.all(parts.map(part))).slice(1);
    }
    return system;
  } catch (error) {
    await system.stop();
    throw error;
  }
}

/** Waits for what a program is to do, unless it ends before. */
async function within(name, program, what) {
  let late;
  const fail = (how) => new Error(`${name} ${how}\n${program.log.join('\n')}`);
  try {
    return await Promise.race([
      what,
      program.ended.then((how) => {
        throw fail(`ended: ${String(how)}`);
      }),
      new Promise((_, reject) => {
        late = setTimeout(() => reject(fail('is not ready')), PATIENCE);
      }),
    ]);
  } finally {
    clearTimeout(late);
  }
}

/** Waits until a program that has told its log where its health can be asked is well. */
async function ready({ log, ended }) {
  let over = false;
  void ended.then(() => (over = true));
  await until('readiness', async () => {
    const said = log.map((line) => JSON.parse(line)).find(({ message }) => message === 'listening');
    if (!said) return over;
    const answer = await fetch(`http://${said.addr}/readyz`).catch(() => undefined);
    return over || answer?.ok;
  });
}

function calls(system, base, cli) {
  return {
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
    /** Uploads a CSV file with an account's key. */
    async upload({ key }, path, body) {
      const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'text/csv' };
      const response = await fetch(`${base}/api/v1${path}`, { method: 'POST', headers, body });
      if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${await response.text()}`);
    },
    /** What the mailbox took for an address, or part of one; the newest first. */
    mail: (query) => system.mailbox.to(query),
    /** The HTML of the newest message to an address, waiting for one. */
    async letter(email) {
      const [{ n }] = await until(`a message to ${email}`, async () => {
        const found = await system.mail(email);
        return found.length > 0 && found;
      });
      return (await fetch(`${base}/mailbox/${String(n)}/html`)).text();
    },
  };
}
