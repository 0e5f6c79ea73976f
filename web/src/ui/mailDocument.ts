const style =
  '<style>body{margin:16px;font:15px/1.5 system-ui,sans-serif;color:#1a2127;background:#fff;overflow-wrap:anywhere}' +
  'img{max-width:100%}</style>';

/** Whether a mail asks other servers for images. */
export function hasRemoteImages(html: string): boolean {
  return /<(?:img|source|input|image)\b[^>]*?\b(?:src|srcset|href)\s*=\s*["']?\s*https?:|\bbackground\s*=\s*["']?\s*https?:|url\(\s*["']?\s*https?:/i.test(
    html,
  );
}

/** Takes the addresses of images away, so that they are not asked for in vain: the policy below would refuse each aloud. */
function withoutImages(html: string): string {
  return html.replace(/<img\b[^>]*>/gi, (image) =>
    image.replace(/(\s)(src|srcset)(\s*=\s*["']?\s*https?:)/gi, '$1data-$2$3'),
  );
}

/**
 * A mail as a page for a frame without rights: nothing runs, and nothing is fetched but, if it is wanted, images over
 * https. Its policy comes before what the mail itself says of its head, so that it holds for all of it; the page around
 * it may fetch such images, which the frame inherits, so it is this one that forbids them.
 */
export function documentOf(mail: string, remote: boolean): string {
  const html = remote ? mail : withoutImages(mail);
  const policy = `default-src 'none'; img-src data:${remote ? ' https:' : ''}; style-src 'unsafe-inline'; font-src data:`;
  const at = /^(?:\s|<!doctype[^>]*>|<html[^>]*>|<head[^>]*>)*/i.exec(html)?.[0].length ?? 0;
  const head =
    `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
    '<meta name="referrer" content="no-referrer"><base target="_blank">';
  return (html.slice(0, at) || '<!doctype html>') + head + style + html.slice(at);
}
