// The made-up API of clients, lists, imports and messages, and their pages. `fresh` people have nothing yet.
const cities = ['Казань', 'Самара', 'Пермь', 'Омск', 'Тула'];
const names = ['Анна Смирнова', 'Иван Петров', 'Мария Кузнецова', 'Олег Соколов', 'Дарья Попова', ''];
const id = (kind, n) => `0199${kind}-0000-7000-8000-${String(n).padStart(12, '0')}`;
const days = (n) => new Date(Date.now() - n * 86_400_000).toISOString();

const client = (n) => ({
  id: id('c000', n),
  email:
    n === 3
      ? 'a.very.long.address.of.somebody@subdomain.department.example.org'
      : `client${String(n)}@example.org`,
  full_name: names[n % names.length],
  comment: n === 0 ? 'Звонить после обеда' : '',
  attributes: n % 4 === 3 ? {} : { город: cities[n % cities.length], скидка: String(5 * (n % 4)) },
  suppressed: n % 9 === 4 ? { reason: '550 5.1.1 no such user', at: days(3) } : null,
  revision: 2,
  created_at: days(n / 4),
  updated_at: days(n / 8),
});

const lists = ['Казань', 'Постоянные покупатели', 'Подписались на выставке в октябре 2026 года'].map(
  (name, n) => ({
    id: id('1157', n),
    name,
    clients: [12_431, 318, 0][n],
    revision: 1,
    created_at: days(10 * n + 1),
  }),
);

const rich = `<h1>Здравствуйте, {{ client.full_name | default: "друг" }}!</h1>
<p>В городе <strong>{{ client.attributes.город | default: "вашем" }}</strong> открылся <em>новый</em> магазин.</p>
<ul><li><p>Скидка {{ client.attributes.скидка }} % на первую покупку</p></li><li><p>Подарок каждому</p></li></ul>
<p><a href="https://example.org/shop">Посмотреть на карте</a></p>`;
const image = '<img src="https://127.0.0.1:40404/logo.png" alt="" width="120" height="40">';
const table = `${image}<table width="100%" style="background:#eef6f5">
  <tr><td style="padding:24px">
    {% if client.attributes.город == "Казань" %}
      <h2 style="color:#0b6b6b">Казань, мы открылись</h2>
    {% else %}
      <h2>Скоро и у вас</h2>
    {% endif %}
    <p>{{ client.full_name | upcase }}</p>
  </td></tr>
</table>`;
const message = (n) => ({
  id: id('3e55', n),
  subject: ['{{ client.full_name }}, мы открылись', 'Осенняя распродажа', 'Напоминание о заказе'][n],
  html: [rich, table, rich][n],
  text: '',
  revision: 4,
  created_at: days(20 * n + 2),
  updated_at: days(n),
});

const anImport = (n, change) => ({
  id: id('1390', n),
  list_id: lists[0].id,
  status: 'finished',
  error: '',
  rows: 50_000,
  created: 41_880,
  updated: 8_093,
  unchanged: 6_000,
  rejected: 27,
  bytes: 3_481_200,
  size: 3_481_200,
  rejects_url: `/api/v1/imports/${id('1390', n)}/rejects`,
  started_at: days(0.01),
  finished_at: days(0.0097),
  ...change,
});
const imports = [
  anImport(0, {}),
  anImport(1, {
    status: 'running',
    rows: 20_310,
    created: 17_000,
    updated: 3_300,
    unchanged: 2_000,
    rejected: 10,
    bytes: 1_400_000,
    finished_at: null,
  }),
  anImport(2, {
    status: 'failed',
    error: 'the upload broke off',
    rows: 9_000,
    created: 9_000,
    updated: 0,
    unchanged: 0,
    rejected: 0,
    bytes: 700_000,
    finished_at: days(0.009),
  }),
];
const rejects = `line,reason,email,row
7,the address has no @,anna.example.org,"anna.example.org,Анна,,Казань"
12,has 3 fields where the first line has 4,,"a@example.org,Анна,"
31,the address has no @,oleg,"oleg,Олег,,Омск"
`;

const refuse = (status, code, errors) => ({
  status,
  body: { type: 'about:blank', title: code, status, code, request_id: '0199b000', errors },
});
const page = (items, next_cursor = null) => ({ body: { items, next_cursor } });

const routes = [
  [
    'GET',
    /^\/clients$/,
    ({ query, none }) => {
      if (none || query.get('q') === 'zzz') return page([]);
      const from = Number(query.get('cursor') ?? 0);
      const limit = Number(query.get('limit') ?? 50);
      return page(
        Array.from({ length: limit }, (_, i) => client(from + i)),
        from + limit < 1_000_000 ? String(from + limit) : null,
      );
    },
  ],
  ['POST', /^\/clients$/, () => refuse(409, 'conflict')],
  ['GET', /^\/clients\/.+-(\d+)$/, ({ n }) => ({ body: client(n) })],
  ['PATCH', /^\/clients\/.+$/, () => refuse(412, 'stale')],
  ['DELETE', /^\/clients\/.+-(\d+)$/, ({ n }) => (n === 1 ? refuse(500, 'internal') : { status: 204 })],
  [
    'GET',
    /^\/suppressions$/,
    ({ none }) =>
      page(
        none
          ? []
          : Array.from({ length: 12 }, (_, n) => ({
              email: `client${String(9 * n + 4)}@example.org`,
              reason: n % 3 ? '550 5.1.1 no such user' : 'попросил не писать',
              created_at: days(n),
              attempt_id: n % 3 ? id('a77e', n) : null,
              mailing_id: n % 3 ? id('3a11', n) : null,
              mailing_name: n % 3 ? 'Осенняя распродажа' : '',
            })),
      ),
  ],
  ['GET', /^\/lists$/, ({ none }) => page(none ? [] : lists)],
  ['GET', /^\/lists\/.+-(\d+)$/, ({ n }) => ({ body: lists[n] })],
  ['DELETE', /^\/lists\/[^/]+$/, () => refuse(409, 'conflict')],
  ['PUT', /^\/lists\/.+\/clients\/.+$/, () => ({ status: 204 })],
  ['GET', /^\/messages$/, ({ none }) => page(none ? [] : [0, 1, 2].map(message))],
  ['GET', /^\/messages\/.+-(\d+)$/, ({ n }) => ({ body: message(n) })],
  [
    'PATCH',
    /^\/messages\/.+$/,
    ({ body }) =>
      body.includes('oops')
        ? refuse(422, 'validation_failed', [
            {
              field: 'html',
              message: 'line 2: unknown filter "oops"; there are append and upcase; line 6: if is not closed',
            },
          ])
        : refuse(412, 'stale'),
  ],
  [
    'POST',
    /^\/messages\/.+-(\d+)\/preview$/,
    ({ n }) => ({
      body: {
        subject: message(n).subject.replace(/\{\{.*?\}\}/, 'Анна Смирнова'),
        html: message(n)
          .html.replace(/\{%.*?%\}/g, '')
          .replace(/\{\{.*?\}\}/g, 'Казань'),
        text: 'Здравствуйте, Анна Смирнова!\n\nВ городе Казань открылся новый магазин.\n',
      },
    }),
  ],
  ['POST', /^\/clients\/import$/, () => ({ status: 202, body: { id: imports[1].id } })],
  ['GET', /^\/imports\/.+-(\d+)$/, ({ n }) => ({ body: imports[n] })],
  ['GET', /^\/imports\/.+-(\d+)\/progress$/, ({ n }) => ({ events: imports[n] })],
  ['GET', /^\/imports\/.+-(\d+)\/rejects$/, () => ({ text: rejects })],
];

/** Answers what is of this part of the API; false if it is not. */
export function answerContent(request, response, url, role) {
  const path = url.pathname.slice('/api/v1'.length);
  for (const [method, pattern, make] of routes) {
    const found = request.method === method && pattern.exec(path);
    if (!found) continue;
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const result = make({
        n: Number(found[1] ?? 0),
        query: url.searchParams,
        body,
        none: role === 'fresh',
      });
      if (result.events) {
        response.setHeader('Content-Type', 'text/event-stream');
        response.write(`event: progress\nid: 1\ndata: ${JSON.stringify(result.events)}\n\n`);
        return; // and stays open
      }
      response.statusCode = result.status ?? 200;
      response.setHeader(
        'Content-Type',
        result.text
          ? 'text/csv'
          : response.statusCode >= 400
            ? 'application/problem+json'
            : 'application/json',
      );
      response.end(result.text ?? (result.body && JSON.stringify(result.body)));
    });
    return true;
  }
  return false;
}

const csv = (text) => ({ name: 'клиенты-осень.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
const good =
  'Эл. почта;Фамилия;Имя;date of birth;Город;Город\n' +
  'anna@example.org;Смирнова;Анна;1990-05-01;Казань;x\nivan.example.org;Петров;Иван;;Самара;\noleg@example.org;Соколов\n' +
  '"maria@example.org";"Кузнецова; Иванова";Мария;;Пермь;\n';

export const contentPages = [
  { name: 'clients', path: '/clients' },
  { name: 'clients-manager', path: '/clients', me: 'manager' },
  { name: 'clients-none', path: '/clients', me: 'fresh' },
  { name: 'clients-nothing-found', path: '/clients?q=zzz' },
  {
    name: 'clients-chosen',
    path: '/clients',
    act: async (page) => {
      const boxes = page.getByRole('table').getByRole('checkbox');
      await boxes.nth(2).click();
      await boxes.nth(6).click({ modifiers: ['Shift'] });
    },
  },
  {
    name: 'clients-delete',
    path: '/clients',
    act: async (page) => {
      const boxes = page.getByRole('table').getByRole('checkbox');
      for (const n of [1, 2, 3]) await boxes.nth(n).click();
      await page.getByRole('region').getByRole('button').nth(3).click();
      await page.getByRole('dialog').getByRole('button').last().click();
      await page.getByRole('dialog').getByRole('list').waitFor();
    },
  },
  { name: 'clients-suppressed', path: '/clients?view=suppressed' },
  {
    name: 'client-card',
    path: `/clients?client=${id('c000', 0)}`,
    act: async (page) => {
      await page.getByRole('dialog').locator('textarea').first().waitFor();
    },
  },
  {
    name: 'client-suppressed',
    path: `/clients?client=${id('c000', 4)}`,
    act: async (page) => {
      await page.getByRole('dialog').locator('textarea').first().waitFor();
    },
  },
  {
    name: 'client-stale',
    path: `/clients?client=${id('c000', 0)}`,
    act: async (page) => {
      const card = page.getByRole('dialog');
      await card.locator('textarea').first().fill('Утром');
      await card.locator('button[type=submit]').click();
      await card.getByRole('alert').waitFor();
    },
  },
  {
    name: 'client-new',
    path: '/clients?client=new',
    act: async (page) => {
      const card = page.getByRole('dialog');
      await card.locator('fieldset button').last().click();
      await card.locator('button[type=submit]').click();
      await card.locator('[aria-invalid=true]').first().waitFor();
    },
  },
  { name: 'lists', path: '/lists' },
  { name: 'lists-none', path: '/lists', me: 'fresh' },
  { name: 'list', path: `/lists/${lists[0].id}` },
  {
    name: 'list-delete',
    path: '/lists',
    act: async (page) => {
      await page.getByRole('table').getByRole('button').first().click();
      await page.getByRole('menuitem').last().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'imports', path: '/imports' },
  {
    name: 'imports-columns',
    path: '/imports',
    act: async (page) => {
      await page.locator('input[type=file]').setInputFiles(csv(good));
      await page.getByRole('table').waitFor();
    },
  },
  {
    name: 'imports-no-email',
    path: '/imports',
    act: async (page) => {
      await page.locator('input[type=file]').setInputFiles(csv('Имя;Город\nАнна;Казань\n'));
      await page.getByRole('table').waitFor();
    },
  },
  { name: 'import-running', path: `/imports/${id('1390', 1)}`, live: true },
  { name: 'import-finished', path: `/imports/${id('1390', 0)}` },
  { name: 'import-failed', path: `/imports/${id('1390', 2)}` },
  { name: 'messages', path: '/messages' },
  { name: 'messages-none', path: '/messages', me: 'fresh' },
  {
    name: 'message-rich',
    path: `/messages/${id('3e55', 0)}`,
    act: async (page) => {
      await page.locator('.tiptap').waitFor();
    },
  },
  {
    name: 'message-images',
    path: `/messages/${id('3e55', 1)}`,
    act: async (page) => {
      // Frames without rights are not seen by the tools: what tells is that nobody answers there.
      let asked = 0;
      const told = (message) => /Failed to load resource/.test(message.text());
      page.on('console', (message) => (asked += told(message) ? 1 : 0));
      const show = page.getByRole('button', { name: /Show remote images|Показать внешние картинки/ });
      await show.waitFor();
      if (asked > 0) throw new Error('images of others were fetched before anybody wanted them');
      const fetched = page.waitForEvent('console', told);
      await show.click();
      await fetched;
    },
  },
  {
    name: 'message-draft',
    path: `/messages/${id('3e55', 1)}`,
    act: async (page) => {
      await page.locator('.cm-content').click();
      await page.keyboard.type('<p>oops</p>');
      await page.keyboard.press('Control+s');
      await page.getByRole('alert').last().waitFor();
    },
  },
  {
    name: 'message-new',
    path: '/messages/new',
    act: async (page) => {
      await page.locator('.tiptap').waitFor();
      await page.keyboard.press('Tab');
    },
  },
  {
    name: 'message-variables',
    path: '/messages/new',
    act: async (page) => {
      await page.locator('.tiptap').click();
      await page.keyboard.type('Привет, ');
      await page.locator('[role=tablist] + button, [role=tablist] ~ button').first().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'message-text',
    path: `/messages/${id('3e55', 0)}`,
    act: async (page) => {
      await page.getByRole('tab').last().click();
      await page.getByRole('switch').click();
    },
  },
  { name: 'message-reading', path: `/messages/${id('3e55', 0)}`, me: 'manager' },
];
