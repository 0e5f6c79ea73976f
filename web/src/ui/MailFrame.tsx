import { useMemo, useState } from 'react';
import { Button, Group, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconPhoto } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { documentOf, hasRemoteImages } from './mailDocument';
import classes from './MailFrame.module.css';

const WIDTHS = { desktop: 640, phone: 375 };

interface Props {
  html: string;
  /** Says whose mail it is, however its text changes. Consent to images holds for this mail alone. */
  mail: string;
  width?: keyof typeof WIDTHS;
  /** In pixels. */
  height?: number;
  title: string;
}

/**
 * A mail as wide as on a desktop or a phone, made smaller where there is no room. Without rights of any kind; images of
 * other servers are asked for when the person wants it, for those servers learn of it.
 */
export function MailFrame({ html, mail, width = 'desktop', height = 560, title }: Props) {
  const { t } = useTranslation();
  const { ref, width: room } = useElementSize();
  const [consent, setConsent] = useState<string>();
  const remote = consent === mail;
  const asks = useMemo(() => hasRemoteImages(html), [html]);
  const page = useMemo(() => documentOf(html, remote), [html, remote]);
  const wanted = WIDTHS[width];
  const scale = room > 0 ? Math.min(1, room / wanted) : 1;
  return (
    <div ref={ref}>
      {asks && !remote && (
        <Group gap="xs" mb="xs" justify="space-between">
          <Text size="xs" c="dimmed" style={{ flex: '1 1 200px' }}>
            {t('mail.hidden')}
          </Text>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPhoto size={14} aria-hidden />}
            onClick={() => {
              setConsent(mail);
            }}
          >
            {t('mail.show')}
          </Button>
        </Group>
      )}
      <div className={classes.frame} style={{ width: wanted * scale, height, maxWidth: '100%' }}>
        <iframe
          key={String(remote)} // what a frame may fetch is settled when it is made
          title={title}
          sandbox=""
          referrerPolicy="no-referrer"
          srcDoc={page}
          style={{ width: wanted, height: height / scale, transform: `scale(${String(scale)})` }}
        />
      </div>
    </div>
  );
}
