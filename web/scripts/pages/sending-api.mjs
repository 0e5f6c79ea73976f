// The made-up mailings: what the calls about them, their attempts, users, providers and the audit log answer.
const id = (n) => `0199a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const soon = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const page = (items) => ({ items, next_cursor: null });

const mailing = (n, status, values = {}) => ({
  id: id(n),
  name: `Рассылка ${String(n)}`,
  message_id: id(900),
  client_ids: [],
  list_ids: [id(801)],
  start_at: '2026-11-02T06:00:00Z',
  end_at: null,
  time_zone: 'Europe/Moscow',
  periodicity: 'weekly',
  draft: status === 'draft',
  on_unknown: 'hold',
  provider_id: null,
  status,
  reason: '',
  next_at: status === 'scheduled' || status === 'running' ? soon(7 * 3600) : null,
  revision: 3,
  created_at: '2026-10-01T06:00:00Z',
  updated_at: '2026-11-01T06:00:00Z',
  ...values,
});

const mailings = [
  mailing(1, 'running', { name: 'Открытие магазина в Казани: приглашение на праздник для всех друзей' }),
  mailing(2, 'scheduled', { name: 'Autumn catalogue', time_zone: 'Europe/Berlin', next_at: soon(1500) }),
  mailing(3, 'scheduled', {
    name: 'Напоминание об оплате',
    periodicity: 'monthly',
    start_at: '2026-10-31T06:00:00Z',
  }),
  mailing(4, 'paused', {
    name: 'Новости сервиса',
    reason: `the message cannot be rendered: unknown variable "citty"`,
  }),
  mailing(5, 'draft', { name: 'Черновик: новогодние скидки', periodicity: 'once' }),
  mailing(6, 'finished', { name: 'Black Friday', periodicity: 'once', end_at: '2026-11-20T21:00:00Z' }),
  mailing(7, 'disabled', { name: 'Розыгрыш', reason: 'жалобы на тему письма' }),
];

const attempt = (n, of, values) => ({
  id: id(n),
  mailing_id: id(of),
  due_at: '2026-11-23T06:00:00Z',
  started_at: '2026-11-23T06:00:01Z',
  finished_at: null,
  last_activity_at: soon(-1),
  status: 'running',
  result: null,
  late_ms: 900,
  audience: 50000,
  sent: 12031,
  failed: 214,
  deferred: 31,
  unknown: 12,
  skipped: 143,
  expired: 0,
  next_try_at: n === 101 ? soon(900) : null,
  last_response: '250 2.0.0 Ok: queued as 3F2A81',
  reason: '',
  ...values,
});

const attempts = [
  attempt(101, 1, {}),
  attempt(102, 1, {
    due_at: '2026-11-16T06:00:00Z',
    started_at: '2026-11-16T06:00:01Z',
    finished_at: '2026-11-16T06:38:11Z',
    status: 'finished',
    result: 'partial',
    sent: 48310,
    failed: 1560,
    deferred: 0,
    unknown: 7,
    skipped: 123,
  }),
  attempt(103, 1, {
    due_at: '2026-11-09T06:00:00Z',
    started_at: null,
    status: 'missed',
    audience: 0,
    sent: 0,
    failed: 0,
    deferred: 0,
    unknown: 0,
    skipped: 0,
    reason: 'nothing could start it in time',
  }),
];

const totalsOf = ({ sent, failed, deferred, unknown, skipped, expired }) => ({
  sent,
  failed,
  deferred,
  unknown,
  skipped,
  expired,
});

const entry = (a) => ({
  attempt_id: a.id,
  mailing_id: a.mailing_id,
  mailing_name: mailings[0].name,
  kind: 'scheduled',
  due_at: a.due_at,
  started_at: a.started_at,
  finished_at: a.finished_at,
  status: a.status,
  result: a.result,
  late_ms: a.started_at ? a.late_ms : null,
  duration_ms: a.finished_at ? Date.parse(a.finished_at) - Date.parse(a.started_at) : null,
  audience: a.started_at ? a.audience : null,
  totals: totalsOf(a),
  reason: a.reason,
});

const answers = [
  ['sent', 250, '2.0.0', 'Ok: queued as #', 12031, '250 2.0.0 Ok: queued as 3F2A81'],
  [
    'failed',
    550,
    '5.1.1',
    'User unknown',
    180,
    '550 5.1.1 <olga@example.org>: Recipient address rejected: User unknown',
  ],
  [
    'failed',
    554,
    '5.7.1',
    'Message rejected as spam',
    34,
    '554 5.7.1 Message rejected as spam by Content Filtering',
  ],
  ['deferred', 451, '4.7.1', 'Greylisted', 31, '451 4.7.1 Greylisting in action, please come back later'],
  ['unknown', null, null, 'the connection was lost', 12, ''],
].map(([outcome, code, enhanced, pattern, count, example]) => ({
  outcome,
  code,
  enhanced,
  pattern,
  count,
  example,
  example_email: outcome === 'sent' ? null : 'olga@example.org',
}));

const none = { sent: 0, failed: 0, deferred: 0, unknown: 0, skipped: 0, expired: 0 };
const wave = (i, of) => ({
  ...none,
  sent: Math.round(of * (1 + Math.sin(i / 2.3))),
  failed: i % 5,
  deferred: i % 3,
  unknown: i % 11 === 0 ? 2 : 0,
});

const statistics = (a) => ({
  attempt_id: a.id,
  at: soon(-2),
  status: a.status,
  audience: a.audience,
  not_recorded: 37569,
  totals: totalsOf(a),
  first_message_at: a.started_at,
  last_message_at: soon(-1),
  responses: answers,
  other_responses: { groups: 3, count: 14 },
  domains: [
    'mail.example',
    'example.org',
    'почта.example',
    'a-very-long-domain-name-of-a-company.example',
  ].map((domain, i) => ({ domain, totals: wave(i + 1, 3000 - 600 * i) })),
  other_domains: { domains: 412, totals: wave(2, 100) },
  bucket_seconds: 10,
  timeline: Array.from({ length: 60 }, (_, i) => ({
    at: new Date(Date.parse('2026-11-23T06:00:00Z') + i * 10_000).toISOString(),
    totals: wave(i, 100),
  })),
  average_rate: 41.3,
  peak_rate: 118,
});

const delivery = (n) => {
  const answer = answers[[0, 0, 0, 1, 0, 3, 4, 2][n % 8]];
  return {
    client_id: n === 9 ? null : id(500 + n),
    email: `recipient.number.${String(n)}@example.org`,
    outcome: answer.outcome,
    phase: 'dot',
    code: answer.code ?? 0,
    enhanced: answer.enhanced ?? '',
    response: answer.example.replace(/^\d+ [\d.]+ /, ''),
    provider: 'mail.example.com',
    tries: 1 + (n % 3),
    at: '2026-11-23T06:01:12Z',
  };
};

const summary = () => ({
  from: '2026-10-28T21:00:00Z',
  to: '2026-11-26T21:00:00Z',
  time_zone: 'Europe/Moscow',
  at: soon(-3),
  mailings: { draft: 1, scheduled: 2, running: 1, paused: 1, disabled: 1, finished: 1 },
  attempts: { all: 19, running: 1, succeeded: 9, partial: 6, failed: 1, cancelled: 0, expired: 1, missed: 1 },
  totals: { sent: 412031, failed: 6214, deferred: 31, unknown: 19, skipped: 1143, expired: 20 },
  clients: 61240,
  clients_reached: 48310,
  problems: answers.slice(1, 4),
  days: Array.from({ length: 30 }, (_, i) => ({
    date: new Date(Date.parse('2026-10-29T00:00:00Z') + i * 86_400_000).toISOString().slice(0, 10),
    attempts: 1,
    totals: i % 7 === 0 ? none : wave(i, 9000),
  })),
  attention: [
    {
      kind: 'mailing_paused',
      mailing_id: id(4),
      mailing_name: 'Новости сервиса',
      attempt_id: null,
      reason: mailings[3].reason,
      unknown: null,
    },
    {
      kind: 'unknown_outcomes',
      mailing_id: id(1),
      mailing_name: 'Открытие магазина',
      attempt_id: id(102),
      reason: null,
      unknown: 7,
    },
  ],
});

const provider = (name, state, values = {}) => ({
  id: name,
  kind: 'smtp',
  default: false,
  senders: 2,
  state,
  rate: 100,
  connections: 17,
  max_connections: 20,
  reason: '',
  last_error: '',
  last_error_at: null,
  slowed_domains: [],
  reported_at: soon(-4),
  ...values,
});

const providers = [
  provider('mail.example.com', 'closed', {
    default: true,
    slowed_domains: [{ domain: 'example.org', rate: 2.5 }],
  }),
  provider('backup.example.com', 'stopped', {
    rate: null,
    connections: 0,
    reason: '535 5.7.8 authentication failed',
    last_error: '535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6',
    last_error_at: soon(-600),
  }),
  provider('http.example.com', 'away', { kind: 'http', senders: 0, connections: 0 }),
];

const user = (n, role, status, values = {}) => ({
  id: id(n),
  email: `user.${String(n)}@example.org`,
  name: n % 2 ? 'Пётр Иванов' : '',
  role,
  status,
  blocked_at: status === 'blocked' ? '2026-11-20T10:00:00Z' : null,
  blocked_reason: status === 'blocked' ? 'рассылка спама' : '',
  created_at: '2026-05-01T10:00:00Z',
  last_seen_at: n % 3 ? soon(-n * 4000) : null,
  clients: n * 1234,
  mailings: n,
  active_mailings: n % 4,
  ...values,
});

const audit = (n, action, values = {}) => ({
  id: n,
  at: soon(-n * 3700),
  actor_id: id(1),
  actor_email: 'anna.smirnova@example.org',
  action,
  target_type: 'user',
  target_id: id(31),
  owner_id: id(31),
  address: '192.0.2.7',
  reason: '',
  before: {},
  after: {},
  ...values,
});

const find = (list, wanted) => list.find((item) => item.id === wanted);

// Patterns of paths, with `:` for an id.
const calls = {
  'GET /mailings': ({ query, owned }) =>
    page(mailings.filter(({ status }) => !query.get('status') || status === query.get('status')).map(owned)),
  'GET /mailings/:': ({ ids: [one], owned }) => owned(find(mailings, one)),
  'GET /mailings/:/attempts': ({ ids: [one] }) =>
    page(attempts.filter(({ mailing_id }) => mailing_id === one)),
  'GET /mailings/:/history': ({ ids: [one] }) =>
    page(attempts.filter(({ mailing_id }) => mailing_id === one).map(entry)),
  'PATCH /mailings/:': () => ({
    problem: { type: 'about:blank', title: 'stale', status: 412, code: 'stale_revision', request_id: 'x' },
  }),
  'GET /attempts/:': ({ ids: [one] }) => find(attempts, one),
  'GET /attempts/:/statistics': ({ ids: [one] }) => statistics(find(attempts, one)),
  'GET /attempts/:/deliveries': ({ query }) =>
    page(
      Array.from({ length: 60 }, (_, n) => delivery(n)).filter(
        ({ outcome }) => !query.get('outcome') || outcome === query.get('outcome'),
      ),
    ),
  'GET /attempts/:/deliveries/:': () => ({
    ...delivery(3),
    tries: 2,
    history: [
      {
        try: 1,
        at: '2026-11-23T06:01:02Z',
        provider: 'mail.example.com',
        phase: 'dot',
        code: 451,
        enhanced: '4.7.1',
        response: 'Greylisting in action, please come back later',
        outcome: 'deferred',
      },
      {
        try: 2,
        at: '2026-11-23T06:11:12Z',
        provider: 'mail.example.com',
        phase: 'rcpt',
        code: 550,
        enhanced: '5.1.1',
        response: '<olga@example.org>: User unknown',
        outcome: 'failed',
      },
    ],
  }),
  'GET /reports/summary': ({ role }) =>
    role === 'fresh'
      ? {
          ...summary(),
          mailings: { draft: 0, scheduled: 0, running: 0, paused: 0, disabled: 0, finished: 0 },
          attention: [],
        }
      : summary(),
  'GET /reports/recipients': ({ query }) => ({
    by: query.get('by') ?? 'domain',
    at: soon(-1),
    groups: (query.get('by') === 'provider'
      ? ['mail.example.com', 'backup.example.net', null]
      : ['example.org', 'почта.рф', 'a-long-name-of-a-company.example.com', null]
    ).map((name, i) => ({ name, totals: wave(i, 40_000 / (i + 1)) })),
    others: { groups: query.get('by') === 'provider' ? 0 : 17, totals: wave(2, 900) },
  }),
  'GET /reports/mailings.csv': () =>
    `attempt_id,mailing_id,mailing_name,audience,sent,failed,deferred,unknown,skipped,expired\n${[1, 2, 3, 6]
      .map(
        (n) =>
          `a${String(n)},${id(n)},${find(mailings, id(n)).name},${String(n * 1000)},${String(n * 950)},${String(n * 40)},0,${String(n)},9,0`,
      )
      .join('\n')}\n`,
  'GET /providers': () => page(providers),
  'GET /lists': () =>
    page([
      { id: id(801), name: 'Казань', clients: 12400, revision: 1, created_at: '2026-01-01T00:00:00Z' },
      {
        id: id(802),
        name: 'Постоянные покупатели',
        clients: 3100,
        revision: 1,
        created_at: '2026-01-01T00:00:00Z',
      },
    ]),
  'GET /messages': () =>
    page([
      {
        id: id(900),
        subject: 'Здравствуйте, {{ name }}!',
        revision: 1,
        created_at: '2026-01-01T00:00:00Z',
        updated_at: '2026-01-01T00:00:00Z',
      },
    ]),
  'GET /messages/:': () => ({
    id: id(900),
    subject: 'Здравствуйте, {{ name }}!',
    html: '',
    text: 'x',
    revision: 1,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  }),
  'POST /messages/:/preview': () => ({
    subject: 'Здравствуйте, Анна!',
    html: '<h1>Мы открылись</h1><p>Ждём вас в субботу.</p>',
    text: '',
  }),
  'GET /clients': () => page([]),
  'GET /users': () =>
    page([
      user(31, 'user', 'active'),
      user(32, 'user', 'blocked'),
      user(33, 'manager', 'active'),
      user(34, 'admin', 'active'),
      user(35, 'user', 'unconfirmed'),
    ]),
  'GET /audit': () =>
    page([
      audit(1, 'user.block', { reason: 'рассылка спама' }),
      audit(2, 'user.role', { before: { role: 'user' }, after: { role: 'manager' } }),
      audit(3, 'mailing.disable', { reason: 'жалобы на тему письма', target_type: 'mailing' }),
      audit(4, 'session.begin', { actor_id: null, actor_email: '', address: '' }),
    ]),
};

/**
 * The answer to a call about sending, or undefined. `role` is who asks: what managers and administrators see belongs to
 * somebody else.
 */
export function sending(method, path, query, role) {
  const ids = [];
  const pattern = path.replace(/\/([0-9a-f]{8}-[0-9a-f-]{27})/g, (_, found) => {
    ids.push(found);
    return '/:';
  });
  const owned = (value) =>
    role === 'manager' || query.get('owner') === 'all'
      ? { ...value, owner_id: id(31), owner_email: 'user.31@example.org' }
      : value;
  return calls[`${method} ${pattern}`]?.({ ids, query, role, owned });
}

/** Streams an attempt's progress; the stream stays open until the page goes. */
export function stream(response, path) {
  const one = find(attempts, path.split('/')[2]);
  response.setHeader('Content-Type', 'text/event-stream');
  const event = { ...one, rate_per_second: 41.3, eta_seconds: 912 };
  response.write(`event: progress\nid: 1\ndata: ${JSON.stringify(event)}\n\n`);
}
