import { useElementSize } from '@mantine/hooks';
import classes from './Editor.module.css';

// On top of the page's own policy, which the frame inherits. Nothing in a mail runs, and a link goes nowhere.
const POLICY = "default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; font-src data:";
const HEAD =
  `<meta http-equiv="Content-Security-Policy" content="${POLICY}"><base target="_blank">` +
  '<style>body{margin:16px;font:15px/1.5 system-ui,sans-serif;color:#1a2127;background:#fff;overflow-wrap:anywhere}' +
  'img{max-width:100%}</style>';
const WIDTHS = { desktop: 640, phone: 375 };
const HEIGHT = 560;

/** Before what the mail itself says of its head, so that it holds for all of it. */
function documentOf(html: string): string {
  const at = /^(?:\s|<!doctype[^>]*>|<html[^>]*>|<head[^>]*>)*/i.exec(html)?.[0].length ?? 0;
  return (html.slice(0, at) || '<!doctype html>') + HEAD + html.slice(at);
}

interface Props {
  html: string;
  width: keyof typeof WIDTHS;
  title: string;
}

/** A mail as wide as on a desktop or a phone, made smaller where there is no room. Without rights of any kind. */
export function MailFrame({ html, width, title }: Props) {
  const { ref, width: room } = useElementSize();
  const wanted = WIDTHS[width];
  const scale = room > 0 ? Math.min(1, room / wanted) : 1;
  return (
    <div ref={ref}>
      <div className={classes.frame} style={{ width: wanted * scale, height: HEIGHT, maxWidth: '100%' }}>
        <iframe
          title={title}
          sandbox=""
          referrerPolicy="no-referrer"
          srcDoc={documentOf(html)}
          style={{ width: wanted, height: HEIGHT / scale, transform: `scale(${String(scale)})` }}
        />
      </div>
    </div>
  );
}
