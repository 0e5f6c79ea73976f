import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * A mail service on this machine: it takes mail and throws it away, and answers as `answer(recipient)` says, a line such as
 * `550 5.1.1 no such user`; undefined takes it. Returns its address and what ends it.
 */
export async function startSMTP(answer) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let rest = '';
    let inData = false;
    let accepted = false;
    let taken = 0;
    const say = (line) => socket.write(`${line}\r\n`);
    const handle = (line) => {
      if (inData) {
        if (line !== '.') return;
        inData = false;
        say(`250 2.0.0 OK: queued as ${(++taken + Date.now()).toString(36).toUpperCase()}`);
        return;
      }
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO') say('250-mx.post.example\r\n250-PIPELINING\r\n250-SIZE 33554432\r\n250 SMTPUTF8');
      else if (verb === 'RCPT') {
        const refusal = answer(/<(.*?)>/.exec(line)?.[1] ?? '');
        if (!refusal) accepted = true;
        say(refusal ?? '250 2.1.5 OK');
      } else if (verb === 'DATA' && !accepted) say('554 5.5.1 No valid recipients');
      else if (verb === 'DATA') {
        accepted = false;
        inData = true;
        say('354 End data with <CR><LF>.<CR><LF>');
      } else if (verb === 'QUIT') socket.end('221 2.0.0 Bye\r\n');
      else say('250 2.0.0 OK');
    };
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      const lines = (rest + text).split('\r\n');
      rest = lines.pop();
      for (const line of lines) handle(line);
    });
    say('220 mx.post.example ESMTP');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${String(server.address().port)}?tls=none`,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Sends so many messages to one address through a mail service without TLS and sign-in, such as the built-in mailbox. */
export async function sendMail(url, to, count) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding('utf8');
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  const say = async (line, wanted) => {
    if (line !== '') socket.write(`${line}\r\n`);
    let answer;
    do answer = (await answers.next()).value ?? 'the connection ended';
    while (/^\d{3}-/.test(answer)); // more lines of it follow
    if (!answer.startsWith(wanted)) throw new Error(`${line}: ${answer}`);
  };
  try {
    await say('', '220');
    await say('EHLO shop.example', '250');
    for (let n = 1; n <= count; n++) {
      await say('MAIL FROM:<shop@shop.example>', '250');
      await say(`RCPT TO:<${to}>`, '250');
      await say('DATA', '354');
      await say(
        `From: shop@shop.example\r\nTo: ${to}\r\nSubject: News ${String(n)}\r\n\r\nNews.\r\n.`,
        '250',
      );
    }
    await say('QUIT', '221');
  } finally {
    socket.destroy();
  }
}
