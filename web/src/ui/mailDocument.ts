const style =
  '<style>body{margin:16px;font:15px/1.5 system-ui,sans-serif;color:#1a2127;background:#fff;overflow-wrap:anywhere}' +
  'img{max-width:100%}</style>';

/** Whether a mail asks other servers for images. */
export function hasRemoteImages(html: string): boolean {
  return /<(?:img|source|input|image)\b[^>]*?\b(?:src|srcset|href)\s*=\s*["']?\s*https?:|\bbackground\s*=\s*["']?\s*https?:|url\(\s*["']?\s*https?:/i.test(
    html,
  );
}

/**
 * A mail as a page for a frame without rights: nothing runs, and nothing is fetched but, if it is wanted, images over
 * https. Its policy comes before what the mail itself says of its head, so that it holds for all of it; the page around
 * it may fetch such images, which the frame inherits, so it is this one that forbids them.
 */
export function documentOf(html: string, remote: boolean): string {
  const policy = `default-src 'none'; img-src data:${remote ? ' https:' : ''}; style-src 'unsafe-inline'; font-src data:`;
  const at = /^(?:\s|<!doctype[^>]*>|<html[^>]*>|<head[^>]*>)*/i.exec(html)?.[0].length ?? 0;
  const head =
    `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
    '<meta name="referrer" content="no-referrer"><base target="_blank">';
  return (html.slice(0, at) || '<!doctype html>') + head + style + html.slice(at);
}
