import { describe, expect, test } from 'vitest';
import { groupsFile, parseCsv, sumByMailing } from './csv';
import { instants, lastDays } from './period';

describe('CSV', () => {
  test('quotes, commas, quotes in quotes and lines in fields', () => {
    expect(parseCsv('a,b\r\n"x, ""y""","1\r\n2"\r\nz,\r\n')).toEqual([
      { a: 'x, "y"', b: '1\r\n2' },
      { a: 'z', b: '' },
    ]);
    expect(parseCsv('a,b\n')).toEqual([]);
  });

  test('attempts are added up by mailing, and what nobody counted is not 0', () => {
    const csv = [
      'attempt_id,mailing_id,mailing_name,audience,sent,failed,deferred,unknown,skipped,expired',
      "1,m1,'=Sale,10,8,1,0,1,0,0",
      "2,m1,'=Sale,10,10,0,0,0,0,0",
      '3,m2,Big,100,90,10,0,0,0,0',
      '4,m3,Missed,,0,0,0,0,0,0',
    ].join('\r\n');
    expect(sumByMailing(csv)).toMatchObject([
      { id: 'm2', attempts: 1, audience: 100 },
      { id: 'm1', name: '=Sale', attempts: 2, audience: 20, totals: { sent: 18, failed: 1, unknown: 1 } },
      { id: 'm3', audience: null },
    ]);
  });
});

describe('periods', () => {
  test('the last days end with today in the zone', () => {
    expect(lastDays(7, Date.parse('2026-11-24T22:30:00Z'), 'Europe/Moscow')).toEqual({
      from: '2026-11-19',
      to: '2026-11-25',
    });
  });

  test('a day is as long as it is there', () => {
    expect(instants({ from: '2027-03-28', to: '2027-03-28' }, 'Europe/Berlin')).toEqual({
      from: '2027-03-27T23:00:00.000Z',
      to: '2027-03-28T22:00:00.000Z',
    });
    expect(instants({ from: '2027-03-28', to: '2027-03-01' }, 'UTC')).toBeUndefined();
  });
});

describe('the file of groups', () => {
  test('has a row for each, and no formulas', () => {
    const totals = { sent: 3, failed: 1, deferred: 0, unknown: 0, skipped: 0, expired: 0 };
    expect(
      groupsFile('domain', [
        { name: 'example.org', totals },
        { name: '=1+1', totals },
        { name: 'a,"b"', totals },
      ]),
    ).toBe(
      'domain,sent,failed,deferred,unknown,skipped,expired\r\n' +
        'example.org,3,1,0,0,0,0\r\n' +
        "'=1+1,3,1,0,0,0,0\r\n" +
        '"a,""b""",3,1,0,0,0,0\r\n',
    );
  });
});
