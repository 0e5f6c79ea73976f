import { describe, expect, test } from 'vitest';
import { attributeName, faultsOf, headerFor, recognise, rowFault, type Target } from './columns';

const short = (target: Target) => (target.kind === 'attribute' ? `:${target.name}` : target.kind);
const read = (header: string) => recognise(header.split(';')).map(short).join(' ');

describe('columns', () => {
  // The same headers as in internal/csvimport/header_test.go.
  test.each([
    ['E-Mail;Full Name;Note', 'email fullName comment'],
    [' почта ;ФИО;Комментарий', 'email fullName comment'],
    ['Эл. почта;Полное имя;Примечание', 'email fullName comment'],
    ['ЭЛЕКТРОННАЯ ПОЧТА;имя;заметки', 'email fullName comment'],
    ['Адрес;Имя;Комментарий', 'email fullName comment'],
    ['E_MAIL;Ф.И.О.;коммента\u0440и\u0438\u0306', 'email fullName comment'],
    ['email;адрес;name', 'email :адрес fullName'],
    ['email;full_name;фамилия', 'email fullName :фамилия'],
    ['email;почта;имя', 'email :почта fullName'],
    ['email;attributes.email;attributes.Имя', 'email :email :Имя'],
    ['email;комментарий;attributes.comment;VIP', 'email comment :comment :VIP'],
    ['email;attributes.city;attributes.City;cities', 'email :city :City :cities'],
    ['Фамилия;Имя;Отчество;Почта', 'lastName firstName middleName email'],
    ['имя;фамилия;фио;почта', ':имя :фамилия fullName email'],
  ])('%s', (header, want) => {
    expect(read(header)).toBe(want);
  });

  test('names that no attribute may have are made into ones that may be', () => {
    expect(read('email;date of birth;1st;;City;City')).toBe(
      'email :date_of_birth :_1st :column_4 :City :City_2',
    );
    expect(attributeName('№', 2)).toBe('column_3');
  });

  test('of two that could be the address the first is', () => {
    expect(read('почта;mail;name')).toBe('email :mail fullName');
  });

  test('their names are read as just what was chosen', () => {
    const chosen: Target[] = [
      { kind: 'lastName' },
      { kind: 'attribute', name: 'email' },
      { kind: 'email' },
      { kind: 'firstName' },
      { kind: 'attribute', name: 'attributes' },
      { kind: 'comment' },
    ];
    expect(recognise(headerFor(chosen))).toEqual(chosen);
  });

  test('what is wrong with a choice is said where it is', () => {
    const faults = faultsOf([
      { kind: 'fullName' },
      { kind: 'lastName' },
      { kind: 'comment' },
      { kind: 'comment' },
      { kind: 'attribute', name: 'a b' },
      { kind: 'attribute', name: 'x' },
      { kind: 'attribute', name: 'x' },
    ]);
    expect(Object.fromEntries(faults)).toEqual({
      '-1': 'noEmail', 1: 'parts', 3: 'twice', 4: 'badName', 6: 'nameTwice',
    }); // prettier-ignore
  });
});

test('rows are marked that will be left out', () => {
  const targets = recognise(['email', 'name']);
  expect(rowFault(['anna@example.org', ''], targets)).toBeUndefined();
  expect(rowFault(['anna@example.org'], targets)).toBe('fields');
  expect(rowFault([' ', 'Anna'], targets)).toBe('noAddress');
  expect(rowFault(['anna', 'Anna'], targets)).toBe('badAddress');
});
