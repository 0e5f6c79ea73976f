// A shop with a month behind it, for pictures: clients, mailings, and what came of them.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const DAY = 24 * 60 * 60 * 1000;
export const CLIENTS = 12_400;

export const shops = {
  en: {
    owner: { email: 'anna@brightwater.example', name: 'Anna Miller', time_zone: 'Europe/London' },
    first: [
      'Oliver',
      'Amelia',
      'George',
      'Isla',
      'Arthur',
      'Ava',
      'Noah',
      'Grace',
      'Leo',
      'Freya',
      'Oscar',
      'Lily',
    ],
    last: [
      'Smith',
      'Jones',
      'Taylor',
      'Brown',
      'Wilson',
      'Evans',
      'Thomas',
      'Walker',
      'Wright',
      'Green',
      'Hall',
      'Wood',
    ],
    cities: ['London', 'Leeds', 'Bristol', 'Glasgow', 'Cardiff', 'York'],
    lists: ['All readers', 'Book club'],
    file: 'spring-fair.csv',
    columns: 'E-mail,Full name,City,Favourite genre,Bonus points',
    genres: ['Crime', 'Poetry', 'History', 'Science fiction', 'Travel'],
    daily: 'New arrivals',
    weekly: 'Weekly digest',
    monthly: 'Bonus points of the month',
    sale: 'Autumn sale: 30% off',
    subject: '{{ client.full_name }}, 30% off until Sunday',
    html: `<h1>The autumn sale has begun</h1>
<p>Dear {{ client.full_name }},</p>
<p>from today until Sunday every book costs <strong>30% less</strong>, in our shop in {{ client.attributes.city }} and on the
site. These are the ones our readers like best:</p>
<ul><li><p>The Lighthouse Keeper's Winter</p></li><li><p>A Short History of Tea</p></li><li><p>Letters from the Night Train</p></li></ul>
<p>You have <strong>{{ client.attributes.points }} bonus points</strong>; on these days they count double.</p>
<p><a href="https://brightwater.example/sale">Look at all books of the sale</a></p>
<p>Yours, Brightwater Books</p>`,
  },
  ru: {
    owner: { email: 'anna@knigi.example', name: 'Анна Смирнова', time_zone: 'Europe/Moscow' },
    first: [
      'Иван',
      'Мария',
      'Пётр',
      'Ольга',
      'Дмитрий',
      'Елена',
      'Сергей',
      'Наталья',
      'Алексей',
      'Татьяна',
      'Михаил',
      'Вера',
    ],
    last: [
      'Ковальчук',
      'Шевченко',
      'Бондарь',
      'Мельник',
      'Савченко',
      'Черных',
      'Белых',
      'Гайдар',
      'Кравец',
      'Ткач',
      'Лысенко',
      'Коваль',
    ],
    cities: ['Казань', 'Самара', 'Тверь', 'Пермь', 'Томск', 'Рязань'],
    lists: ['Все читатели', 'Книжный клуб'],
    file: 'книжная-ярмарка.csv',
    columns: 'E-mail,ФИО,Город,Любимый жанр,Баллы',
    genres: ['Детективы', 'Поэзия', 'История', 'Фантастика', 'Путешествия'],
    daily: 'Новинки дня',
    weekly: 'Дайджест недели',
    monthly: 'Баллы за месяц',
    sale: 'Осенняя распродажа: −30 %',
    subject: '{{ client.full_name }}, скидка 30 % до воскресенья',
    html: `<h1>Осенняя распродажа началась</h1>
<p>Здравствуйте, {{ client.full_name }}!</p>
<p>С сегодняшнего дня и до воскресенья все книги <strong>на 30 % дешевле</strong>: и в магазине в городе
{{ client.attributes.city }}, и на сайте. Вот что выбирают наши читатели:</p>
<ul><li><p>«Зима смотрителя маяка»</p></li><li><p>«Краткая история чая»</p></li><li><p>«Письма из ночного поезда»</p></li></ul>
<p>У вас <strong>баллов: {{ client.attributes.points }}</strong>; в эти дни каждый считается за два.</p>
<p><a href="https://knigi.example/sale">Все книги распродажи</a></p>
<p>Ваш книжный магазин</p>`,
  },
};

/** A client of the shop by number: the fields of a row of CSV. */
function row({ first, last, cities, genres }, i) {
  const name = `${first[i % first.length]} ${last[Math.floor(i / first.length) % last.length]}`;
  const host = ['post', 'mail', 'info', 'note'][(i * 7) % 4];
  const email = `reader${String(10_000 + i)}@${host}.example`;
  return [email, name, cities[i % cities.length], genres[(i * 3) % genres.length], (i * 37) % 900];
}

/** A file of clients who are not there yet, with one row that is not good. */
export function newcomers(shop, count) {
  const rows = Array.from({ length: count }, (_, i) => row(shop, 50_000 + i));
  rows[3][0] = rows[3][0].replace('@', ' at ');
  return Buffer.from([shop.columns, ...rows.map((fields) => fields.join(','))].join('\n'));
}

/** What the mail service answers to a recipient of the mailing that is in progress. */
export function answer(email) {
  const n = Number(/\d+/.exec(email)?.[0] ?? 0);
  if (n % 83 === 0) return '550 5.1.1 The email account that you tried to reach does not exist';
  if (n % 211 === 0) return '552 5.2.2 The mailbox of this user is full';
  if (n % 127 === 0) return '450 4.2.0 Recipient address rejected: greylisted, try again later';
  return undefined;
}

/** Opens the shop: returns the ids of the message and of the mailing that is being sent. */
export async function openShop(system, language) {
  const shop = shops[language];
  const { name, time_zone } = shop.owner;
  const owner = await system.account(shop.owner.email);
  const make = (path, body) => system.api(owner, 'POST', path, body);
  await sql(system, [
    `UPDATE users SET name = '${name}', language = '${language}', time_zone = '${time_zone}' WHERE email = '${owner.email}';`,
  ]);
  const lists = [];
  for (const list of shop.lists) lists.push(await make('/lists', { name: list }));
  const file = (count) =>
    [
      'email,full_name,city,genre,points',
      ...Array.from({ length: count }, (_, i) => row(shop, i).join(',')),
    ].join('\n');
  await system.upload(owner, `/clients/import?list_id=${lists[0].id}`, file(CLIENTS));
  await system.upload(owner, `/clients/import?list_id=${lists[1].id}`, file(3_100));
  const message = await make('/messages', { subject: shop.subject, html: shop.html });
  const mailing = (named, list, more) =>
    make('/mailings', {
      name: named,
      message_id: message.id,
      list_ids: [lists[list].id],
      time_zone,
      ...more,
    });
  const morning = (days) => `${new Date(Date.now() + days * DAY).toISOString().slice(0, 10)}T07:00:00Z`;
  const daily = await mailing(shop.daily, 1, { start_at: morning(1), periodicity: 'daily' });
  const weekly = await mailing(shop.weekly, 0, { start_at: morning(3), periodicity: 'weekly' });
  await mailing(shop.monthly, 0, { start_at: morning(9), periodicity: 'monthly' });
  await past(system, owner, daily, weekly);
  const sale = await mailing(shop.sale, 0, {});
  return { owner, shop, message: message.id, sale: sale.id };
}

/** Writes a month of attempts of the daily and the weekly mailing into the ledger. */
async function past(system, owner, daily, weekly) {
  const lines = [];
  const today = Date.parse(`${new Date().toISOString().slice(0, 10)}T07:00:00Z`);
  for (let ago = 29; ago >= 1; ago--) {
    const due = today - ago * DAY;
    if (ago % 7 !== 4 && ago % 7 !== 5)
      lines.push(...attempt(daily.id, due, 3_100 - ((ago * 131) % 900), ago));
    if (ago % 7 === 1) lines.push(...attempt(weekly.id, due, CLIENTS - ago * 90 - ((ago * 37) % 600), ago));
  }
  await sql(system, lines);
}

async function sql(system, lines) {
  const { VESTNIK_DATABASE_URL: url } = JSON.parse(await system.cli(['config', '--export', '--json']));
  await new Promise((resolve, reject) => {
    const psql = execFile('psql', ['-q', '-v', 'ON_ERROR_STOP=1', '-f', '-', url], (error, _, stderr) =>
      error ? reject(new Error(stderr)) : resolve(),
    );
    psql.stdin.end(['BEGIN;', ...lines, 'COMMIT;'].join('\n'));
  });
}

/** The statements that write an attempt that was due then, and its deliveries. */
function attempt(mailing, due, size, seed) {
  const hex = due.toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  const at = new Date(due).toISOString();
  const end = new Date(due + size * 9).toISOString();
  const outcome = `CASE WHEN (c.id * 31 + ${String(seed)}) % 71 = 0 THEN 'failed' ELSE 'sent' END`;
  const sums = (what) =>
    `(SELECT count(*) FROM deliveries WHERE attempt_id = '${id}' AND outcome = '${what}')`;
  return [
    `INSERT INTO attempts (id, mailing_id, owner_id, kind, occurrence_at, due_at, status, result, started_at, finished_at,
       last_activity_at, last_response, audience, created_at)
     SELECT '${id}', m.id, m.owner_id, 'scheduled', '${at}', '${at}', 'finished', 'partial', '${at}', '${end}', '${end}',
       '250 2.0.0 OK: queued', ${String(size)}, '${at}' FROM mailings m WHERE m.id = '${mailing}';`,
    `INSERT INTO deliveries SELECT '${id}', c.id, c.email, ${outcome}, '', 'dot', 250, '2.0.0', '250 2.0.0 OK: queued',
       'smtp', 1, '${end}' FROM (SELECT c.id, c.email FROM clients c JOIN mailings m ON m.owner_id = c.owner_id
       WHERE m.id = '${mailing}' ORDER BY c.id LIMIT ${String(size)}) c;`,
    `UPDATE deliveries SET class = 'recipient', phase = 'rcpt', code = 550, enhanced = '5.1.1',
       response = '550 5.1.1 The email account that you tried to reach does not exist'
       WHERE attempt_id = '${id}' AND outcome = 'failed';`,
    `UPDATE attempts SET sent = ${sums('sent')}, failed = ${sums('failed')} WHERE id = '${id}';`,
  ];
}
