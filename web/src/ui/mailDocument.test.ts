import { describe, expect, it } from 'vitest';
import { documentOf, hasRemoteImages } from './mailDocument';

const policyOf = (html: string) =>
  new DOMParser()
    .parseFromString(html, 'text/html')
    .querySelector('meta[http-equiv]')
    ?.getAttribute('content');

describe('a mail in a frame', () => {
  it('fetches nothing unless images are wanted, and then over https alone', () => {
    expect(policyOf(documentOf('<p>a', false))).toContain('img-src data:;');
    expect(policyOf(documentOf('<p>a', true))).toContain('img-src data: https:;');
    for (const remote of [true, false])
      expect(policyOf(documentOf('<p>a', remote))).toMatch(/^default-src 'none'; img-src/);
  });

  it('has its policy before anything of the mail', () => {
    for (const mail of [
      '<p>a',
      '<!DOCTYPE html><html lang="ru"><head><link rel="stylesheet" href="https://a.example/x.css"></head><body>a',
    ]) {
      const head = new DOMParser().parseFromString(documentOf(mail, false), 'text/html').head;
      expect(head.firstElementChild?.getAttribute('http-equiv')).toBe('Content-Security-Policy');
    }
  });

  it('leaves the addresses of images out until they are wanted', () => {
    const mail =
      '<p>https://a.example/</p><img alt="a" SRC="https://a.example/i.png" srcset="https://a.example/2.png 2x">';
    const image = (remote: boolean) =>
      new DOMParser().parseFromString(documentOf(mail, remote), 'text/html').querySelector('img');
    expect(image(false)?.hasAttribute('src')).toBe(false);
    expect(image(false)?.hasAttribute('srcset')).toBe(false);
    expect(image(false)?.alt).toBe('a');
    expect(image(true)?.src).toBe('https://a.example/i.png');
    expect(documentOf(mail, false)).toContain('<p>https://a.example/</p>');
  });

  it('knows where other servers would be asked', () => {
    for (const mail of [
      '<img src="https://a.example/i.png">',
      "<IMG alt='x' SRC = 'http://a.example/i.png'>",
      '<td background="https://a.example/b.png">',
      '<div style="background:url( \'https://a.example/b.png\')">',
      '<source srcset="https://a.example/i.webp">',
    ])
      expect(hasRemoteImages(mail), mail).toBe(true);
    for (const mail of [
      '<p>https://a.example/i.png',
      '<img src="data:image/png;base64,AA">',
      '<a href="https://a.example">',
    ])
      expect(hasRemoteImages(mail), mail).toBe(false);
  });
});
