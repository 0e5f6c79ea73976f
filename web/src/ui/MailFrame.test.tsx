import { useState } from 'react';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { draw } from '@/test/render';
import { MailFrame } from './MailFrame';

const image = (name: string) => `<img alt="${name}" src="https://${name}.example/i.png">`;

function Desk() {
  const [{ mail, html }, setShown] = useState({ mail: 'a', html: image('a') });
  return (
    <>
      <button
        onClick={() => {
          setShown({ mail, html: `${html}<p>more` });
        }}
      >
        write
      </button>
      <button
        onClick={() => {
          setShown({ mail: 'b', html: image('b') });
        }}
      >
        another
      </button>
      <MailFrame html={html} mail={mail} title="mail" />
    </>
  );
}

test('images that are wanted in one mail are not fetched for another', async () => {
  await draw(<Desk />, { namespaces: [] });
  const press = (name: string) => userEvent.click(screen.getByRole('button', { name }));
  const page = () => screen.getByTitle<HTMLIFrameElement>('mail').srcdoc;
  expect(page()).toContain('img-src data:;');
  await press('Show remote images');
  expect(page()).toContain('img-src data: https:;');
  await press('write');
  expect(page()).toContain('more');
  expect(page(), 'the same mail, being written').toContain('img-src data: https:;');
  await press('another');
  expect(page()).toContain('b.example');
  expect(page()).toContain('img-src data:;');
  expect(screen.getByRole('button', { name: 'Show remote images' })).toBeInTheDocument();
});
