const PAGE = 500;

/**
 * All that the built-in mailbox ever took. It keeps no more than 10,000 messages itself, so it is read every second, and
 * each of them once.
 */
export function collectMail(base) {
  const messages = new Map();
  let newest = 0;
  let stopped = false;
  let turn = Promise.resolve();

  async function read() {
    const known = newest;
    for (let page = 1; ; page++) {
      const answer = await fetch(`${base}/mailbox?format=json&limit=${String(PAGE)}&page=${String(page)}`);
      const found = (await answer.json()).messages;
      for (const message of found) messages.set(message.n, message);
      newest = Math.max(newest, ...found.map(({ n }) => n));
      if (found.length < PAGE || found.at(-1).n <= known) return;
    }
  }
  const readInTurn = () => (turn = turn.catch(() => undefined).then(read));
  void (async () => {
    while (!stopped) {
      await readInTurn().catch(() => undefined); // a test that asks is told
      await new Promise((resolve) => setTimeout(resolve, 1_000).unref());
    }
  })();
  return {
    /** The messages to an address, or to part of one, as of now; the newest first. */
    async to(query) {
      await readInTurn();
      return [...messages.values()]
        .filter(({ to }) => to.some((address) => address.includes(query)))
        .sort((a, b) => b.n - a.n);
    },
    stop() {
      stopped = true;
    },
  };
}
