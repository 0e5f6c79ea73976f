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
      '  a',
      '<html x="><body><p style="background:url(https://a.example/i.png)">',
      "<head x='><body><p style='background:url(https://a.example/i.png)'>",
      '<html><head x="><img src="https://a.example/i.png">',
      '<!doctype html "><html><p title="><img src=https://a.example/i.png>',
      '<!doctype html',
      '<!-- a --><!doctype html><html><head><title>a</title>',
      '<!-- <!doctype html> <html x="',
      '\uFEFF<!doctype html><html><p>a',
      '\u00A0<!doctype html><html><p>a',
      '\u2028 <!doctype html><p>a',
      '<!DOCTYPE html><html lang="ru"><head><link rel="stylesheet" href="https://a.example/x.css"></head><body>a',
    ]) {
      for (const remote of [true, false]) {
        const { head } = new DOMParser().parseFromString(documentOf(mail, remote), 'text/html');
        expect(head.firstElementChild?.getAttribute('http-equiv'), mail).toBe('Content-Security-Policy');
      }
    }
  });

  it('keeps the doctype of the mail, for it settles how it is laid out', () => {
    const old = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">';
    const of = (mail: string) => new DOMParser().parseFromString(documentOf(mail, false), 'text/html');
    expect(of(`\uFEFF\r\n ${old}<html lang="ru"><p>a`).doctype?.publicId).toBe(
      '-//W3C//DTD HTML 4.01 Transitional//EN',
    );
    expect(of(`${old}<html lang="ru"><p>a`).documentElement.lang).toBe('ru');
    expect(of(' <p>a').compatMode).toBe('CSS1Compat');
  });

  it('takes no longer for a hostile mail', () => {
    const part = (text: string) => text.repeat(Math.ceil(2 ** 20 / text.length));
    for (const mail of [
      part('<img '),
      part('<img src '),
      part('<img "'),
      part('src='),
      part('url('),
      `<img${part(' ')}`,
      `<img${part(' src')}`,
      `<img src${part(' ')}>`,
      `<img src=${part(' ')}>`,
      `<td background=${part(' ')}>`,
      `<p style="background:url(${part(' ')}`,
      part('<!doctype '),
    ]) {
      const before = performance.now();
      expect(hasRemoteImages(mail)).toBe(false);
      documentOf(mail, false);
      expect(performance.now() - before, mail.slice(0, 20)).toBeLessThan(2_000); // in quadratic time it is minutes
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
