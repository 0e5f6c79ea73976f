import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { answer } from './api.mjs';
import { answerContent } from './content.mjs';

const dist = new URL('../../dist/', import.meta.url).pathname;
const media = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
// As internal/gateway/webapp.go has it.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; font-src 'self'; " +
  "connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** Serves the build and the made-up API on a free port of this machine. */
export async function serve() {
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const { pathname, searchParams } = url;
    if (pathname.startsWith('/api/')) {
      const role = /(?:^|; )me=([^-;]+)/.exec(request.headers.cookie ?? '')?.[1];
      if (answerContent(request, response, url, role)) return;
      answer(request, response, pathname.slice('/api/v1'.length), searchParams);
      return;
    }
    let file = join(dist, normalize(pathname));
    if (!existsSync(file) || !statSync(file).isFile()) file = join(dist, 'index.html');
    response.setHeader('Content-Type', media[extname(file)] ?? 'application/octet-stream');
    response.setHeader('Content-Security-Policy', policy);
    if (existsSync(`${file}.gz`)) {
      response.setHeader('Content-Encoding', 'gzip');
      file += '.gz';
    }
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { base: `http://127.0.0.1:${String(server.address().port)}`, close: () => server.close() };
}
