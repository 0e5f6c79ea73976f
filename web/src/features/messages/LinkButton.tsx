import { useState } from 'react';
import { ActionIcon, Button, Group, Popover, Stack, TextInput, Tooltip } from '@mantine/core';
import type { Editor } from '@tiptap/react';
import { IconLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

/** An address as people type it, made whole; templates stay. */
function whole(address: string): string {
  const text = address.trim();
  if (text === '' || /^(?:[a-z][a-z0-9+.-]*:|\{\{|#|\/)/i.test(text)) return text;
  return text.includes('@') && !text.includes('/') ? `mailto:${text}` : `https://${text}`;
}

export function LinkButton({ editor }: { editor: Editor }) {
  const { t } = useTranslation('messages');
  const [opened, setOpened] = useState(false);
  const [address, setAddress] = useState('');
  const active = editor.isActive('link');
  const open = () => {
    const href: unknown = editor.getAttributes('link').href;
    setAddress(typeof href === 'string' ? href : '');
    setOpened(true);
  };
  const apply = (href: string) => {
    const chain = editor.chain().focus().extendMarkRange('link');
    if (href === '') chain.unsetLink().run();
    else if (editor.state.selection.empty && !active)
      chain.insertContent({ type: 'text', text: href, marks: [{ type: 'link', attrs: { href } }] }).run();
    else chain.setLink({ href }).run();
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} width={300} trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label={t('tool.link')}>
          <ActionIcon
            size={30}
            variant={active ? 'light' : 'subtle'}
            color={active ? 'accent' : 'gray'}
            {...(active ? {} : { c: 'var(--mantine-color-text)' })}
            aria-label={t('tool.link')}
            aria-pressed={active}
            onClick={open}
          >
            <IconLink size={17} stroke={1.7} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            apply(whole(address));
          }}
        >
          <Stack gap="xs">
            <TextInput
              size="xs"
              label={t('tool.address')}
              placeholder="https://example.org"
              value={address}
              data-autofocus
              onChange={(event) => {
                setAddress(event.currentTarget.value);
              }}
            />
            <Group gap="xs">
              <Button size="xs" type="submit">
                {t('tool.setLink')}
              </Button>
              {active && (
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => {
                    apply('');
                  }}
                >
                  {t('tool.unlink')}
                </Button>
              )}
            </Group>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
