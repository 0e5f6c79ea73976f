import { randomUUID } from 'node:crypto';
import { until } from './process.mjs';

/** Puts one of everything into an account, and returns the addresses of all pages. */
export async function furnish(system, owner) {
  const make = (path, body) => system.api(owner, 'POST', path, body);
  const list = await make('/lists', { name: 'Покупатели' });
  const clients = [];
  for (const [i, name] of ['Анна Смирнова', 'Иван Петров', 'Мария Орлова'].entries()) {
    const client = await make('/clients', { email: `client${String(i)}@shop.example`, full_name: name });
    await system.api(owner, 'PUT', `/lists/${list.id}/clients/${client.id}`);
    clients.push(client);
  }
  await fetch(`${system.base}/api/v1/clients/import`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${owner.key}`, 'Content-Type': 'text/csv' },
    body: 'email,full_name\nclient0@shop.example,Анна Смирнова\nnew@shop.example,Олег Белов\nbad,Кто-то\n',
  });
  const message = await make('/messages', {
    subject: 'Открытие магазина',
    html: '<h1>Мы открываемся</h1><p>Ждём вас в субботу.</p>',
  });
  const what = { message_id: message.id, list_ids: [list.id] };
  const mailing = await make('/mailings', { name: 'Открытие', ...what });
  const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString();
  await make('/mailings', { name: 'Новости недели', ...what, start_at: tomorrow, periodicity: 'weekly' });
  await make('/mailings', { name: 'Черновик', ...what, draft: true });
  const attempt = await until('the attempt to finish', async () => {
    const { items } = await system.api(owner, 'GET', `/mailings/${mailing.id}/attempts`);
    return items.find(({ status }) => status === 'finished');
  });
  const imported = randomUUID();
  const file = 'email,full_name\nvera@shop.example,Вера Белых\nнет адреса,Пётр Бондарь';
  await system.upload(owner, `/clients/import?id=${imported}`, file);
  const open = ['sign-in', 'register', 'check-mail', 'forgot', 'reset#token=a', 'verify#token=a', 'mailbox'];
  const inside = {
    dashboard: '/',
    mailings: '/mailings',
    'mailing-new': '/mailings/new',
    mailing: `/mailings/${mailing.id}`,
    'mailing-edit': `/mailings/${mailing.id}/edit`,
    messages: '/messages',
    'message-new': '/messages/new',
    message: `/messages/${message.id}`,
    clients: '/clients',
    client: `/clients?client=${clients[0].id}`,
    lists: '/lists',
    list: `/lists/${list.id}`,
    imports: '/imports',
    import: `/imports/${imported}`,
    reports: '/reports',
    attempts: '/attempts',
    attempt: `/attempts/${attempt.id}`,
    users: '/users',
    providers: '/providers',
    audit: '/audit',
    account: '/account',
    security: '/account/security',
    keys: '/account/keys',
    'not-found': '/nothing/here',
    letter: '/mailbox/1',
  };
  return [
    ...open.map((path) => ({ name: path.split('#')[0], path: `/${path}`, open: true })),
    ...Object.entries(inside).map(([name, path]) => ({ name, path })),
  ];
}
