const style =
  '<style>body{margin:16px;font:15px/1.5 system-ui,sans-serif;color:#1a2127;background:#fff;overflow-wrap:anywhere}' +
  'img{max-width:100%}</style>';

// Mail is hostile: each pattern below takes time linear in the length of the mail, whatever it says.
const address = String.raw`\s*=\s*(?:["']\s*)?https?:`;
const fetching = new RegExp(
  String.raw`<(?:img|source|input|image)\b[^<>]*?\b(?:src|srcset|href)${address}|\bbackground${address}|` +
    String.raw`url\(\s*(?:["']\s*)?https?:`,
  'i',
);
const source = new RegExp(String.raw`(\s)(src|srcset)(${address})`, 'gi');

/** Whether a mail asks other servers for images. */
export function hasRemoteImages(html: string): boolean {
  return fetching.test(html);
}

/** Takes the addresses of images away, so that they are not asked for in vain: the policy below would refuse each aloud. */
function withoutImages(html: string): string {
  return html.replace(/<img\b[^<>]*>/gi, (image) => image.replace(source, '$1data-$2$3'));
}

/**
 * A mail as a page for a frame without rights: nothing runs, and nothing is fetched but, if it is wanted, images over
 * https. Its policy comes before every tag of the mail, so that no quote or angle bracket of it can take the policy in, and
 * in the head, or it would not count; the tags html and head of the mail are merged into those that it implies. The page
 * around it may fetch such images, which the frame inherits, so it is this policy that forbids them.
 */
export function documentOf(mail: string, remote: boolean): string {
  const html = remote ? mail : withoutImages(mail);
  const policy = `default-src 'none'; img-src data:${remote ? ' https:' : ''}; style-src 'unsafe-inline'; font-src data:`;
  // A doctype ends at the first >, in quotes too. Only HTML's own white space may come before it: anything else, such as a
  // no-break space, is text, which begins the body.
  const [start, doctype = '<!doctype html>'] = /^\uFEFF?[\t\n\f\r ]*(<!doctype[^>]*>)?/i.exec(html) ?? [''];
  const head =
    `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
    '<meta name="referrer" content="no-referrer"><base target="_blank">';
  return doctype + head + style + html.slice(start.length);
}
