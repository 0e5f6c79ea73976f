import { sending, stream } from './sending-api.mjs';
// The made-up API: what each call answers. Who is signed in is in the cookie `me`: a role, a hyphen and a language.
const me = (role, language) => ({
  id: '0199a000-0000-7000-8000-000000000001',
  email: 'anna.smirnova@example.org',
  role: ['manager', 'admin'].includes(role) ? role : 'user',
  name: 'Анна Смирнова',
  language,
  time_zone: 'Europe/Moscow',
  confirmed: role !== 'fresh',
  second_factor: role === 'guarded',
  recovery_codes_left: role === 'guarded' ? 3 : 0,
  has_password: true,
  pending_email: null,
  deletion_at: role === 'leaving' ? '2027-01-15T09:00:00Z' : null,
  scopes: ['read', 'write', 'send'],
  created_at: '2026-03-01T10:00:00Z',
});

const session = (id, current, user_agent, address) => ({
  id: `0199a000-0000-7000-8000-00000000010${String(id)}`,
  current,
  address,
  user_agent,
  created_at: '2026-11-01T08:00:00Z',
  last_seen_at: new Date(Date.now() - id * 5_400_000).toISOString(),
  expires_at: '2027-01-01T08:00:00Z',
});

const calls = {
  'GET /auth/methods': () => ({
    password: true,
    registration: true,
    mailbox: true,
    oidc: { name: 'Example Inc.', url: '/api/v1/auth/oidc/start' },
  }),
  'POST /auth/login': ({ body }) => {
    if (body.password === 'wrong') return problem(401, 'wrong_credentials');
    return { me: null, challenge: 'challenge' };
  },
  'POST /auth/register': () => null,
  'POST /auth/password/forgot': () => null,
  'POST /auth/verify': () => problem(422, 'token_used'),
  'GET /me': ({ role, language }) =>
    role === 'nobody' ? problem(401, 'api_key_missing') : me(role, language),
  'GET /me/sessions': () => ({
    items: [
      session(0, true, 'Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0', '192.0.2.7'),
      session(
        1,
        false,
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1',
        '198.51.100.23',
      ),
      session(2, false, 'curl/8.9', '2001:db8::1'),
    ],
  }),
  'GET /me/api-keys': ({ role }) => ({
    items:
      role === 'fresh'
        ? []
        : [
            key(1, 'CRM', ['read', 'write', 'send'], new Date(Date.now() - 90_000).toISOString()),
            key(2, 'Выгрузка отчётов', ['read'], null),
          ],
  }),
  'POST /me/api-keys': ({ body }) => ({
    key: `vst_${'Ab3dEf9h'.repeat(5)}xyz`,
    api_key: key(3, body.name, body.scopes, null),
  }),
  'POST /me/second-factor': () => ({
    secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    uri: 'otpauth://totp/Vestnik:anna%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Vestnik',
  }),
  'POST /me/second-factor/confirm': () => ({
    codes: Array.from({ length: 10 }, (_, i) => `k7f2-${String(1000 + 7 * i)}-qx${String(i)}m`),
  }),
  'POST /me/password': () =>
    problem(422, 'validation_failed', [{ field: 'password', message: 'is not the password of the account' }]),
};

function key(n, name, scopes, last_used_at) {
  return {
    id: `0199a000-0000-7000-8000-00000000020${String(n)}`,
    name,
    prefix: 'vst_Ab3d',
    scopes,
    created_at: '2026-10-02T11:00:00Z',
    last_used_at,
  };
}

function problem(status, code, errors) {
  return { problem: { type: 'about:blank', title: code, status, code, request_id: '0199b000', errors } };
}

/** Answers a request to the API; `path` is without its prefix. */
export function answer(request, response, path, query = new URLSearchParams()) {
  const [role = 'user', language = 'en'] = (
    /me=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
  ).split('-');
  if (/^\/attempts\/[^/]+\/progress$/.test(path)) {
    stream(response, path);
    return;
  }
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const call = calls[`${request.method} ${path}`];
    const result = call
      ? call({ role, language, body: text ? JSON.parse(text) : undefined })
      : (sending(request.method, path, query, role) ?? problem(404, 'not_found'));
    const fault = result?.problem;
    response.statusCode = fault ? fault.status : result === null ? 202 : 200;
    if (result === null) {
      response.end();
      return;
    }
    if (typeof result === 'string') {
      response.setHeader('Content-Type', 'text/csv; charset=utf-8');
      response.end(result);
      return;
    }
    response.setHeader('Content-Type', fault ? 'application/problem+json' : 'application/json');
    response.end(JSON.stringify(fault ?? result));
  });
}
