import type { Language } from '@/i18n';

interface Person {
  email: string;
  plan: string;
  en: { name: string; city: string };
  ru: { name: string; city: string };
}

// Domains for examples (RFC 2606 §3): nobody has these addresses.
const rows = `
anna.smirnova|Anna Smirnova|Анна Смирнова|Kazan|Казань
boris.ivanov|Boris Ivanov|Борис Иванов|Moscow|Москва
vera.kuznetsova|Vera Kuznetsova|Вера Кузнецова|Tver|Тверь
grigory.popov|Grigory Popov|Григорий Попов|Perm|Пермь
daria.volkova|Daria Volkova|Дарья Волкова|Samara|Самара
egor.sokolov|Egor Sokolov|Егор Соколов|Moscow|Москва
zhanna.lebedeva|Zhanna Lebedeva|Жанна Лебедева|Omsk|Омск
zakhar.kozlov|Zakhar Kozlov|Захар Козлов|Tula|Тула
irina.novikova|Irina Novikova|Ирина Новикова|Kazan|Казань
kirill.morozov|Kirill Morozov|Кирилл Морозов|Ufa|Уфа
larisa.petrova|Larisa Petrova|Лариса Петрова|Saratov|Саратов
maxim.vasiliev|Maxim Vasiliev|Максим Васильев|Moscow|Москва
nina.zaitseva|Nina Zaitseva|Нина Зайцева|Ryazan|Рязань
oleg.pavlov|Oleg Pavlov|Олег Павлов|Perm|Пермь
polina.semenova|Polina Semenova|Полина Семёнова|Tver|Тверь
roman.golubev|Roman Golubev|Роман Голубев|Samara|Самара
svetlana.orlova|Svetlana Orlova|Светлана Орлова|Kazan|Казань
timur.akhmetov|Timur Akhmetov|Тимур Ахметов|Ufa|Уфа
ulyana.belova|Ulyana Belova|Ульяна Белова|Tomsk|Томск
fedor.tarasov|Fedor Tarasov|Фёдор Тарасов|Omsk|Омск
`;

export const people: readonly Person[] = rows
  .trim()
  .split('\n')
  .map((row, i) => {
    const [local = '', en = '', ru = '', cityEn = '', cityRu = ''] = row.split('|');
    return {
      email: `${local}@example.${i % 2 === 0 ? 'com' : 'org'}`,
      plan: i % 3 === 0 ? 'pro' : 'free',
      en: { name: en, city: cityEn },
      ru: { name: ru, city: cityRu },
    };
  });

const words = {
  en: {
    list: 'Sample: readers',
    mailing: 'Sample: the first letter',
    message: {
      subject: 'Hello, {{ client.full_name }}!',
      html: `<h2>Hello, {{ client.full_name }}!</h2>
<p>This is a sample message. Names, cities and plans are filled in for each client{% if client.attributes.city %}: yours is {{ client.attributes.city }}{% endif %}.</p>
{% if client.attributes.plan == "pro" %}<p><strong>This paragraph is for the plan “pro” only.</strong></p>{% endif %}
<p>Change it, send a test to yourself, and give it to a mailing.</p>`,
    },
  },
  ru: {
    list: 'Пример: читатели',
    mailing: 'Пример: первое письмо',
    message: {
      subject: 'Здравствуйте, {{ client.full_name }}!',
      html: `<h2>Здравствуйте, {{ client.full_name }}!</h2>
<p>Это пример сообщения. Имя, город и тариф подставляются для каждого клиента{% if client.attributes.city %}: ваш город — {{ client.attributes.city }}{% endif %}.</p>
{% if client.attributes.plan == "pro" %}<p><strong>Этот абзац только для тарифа «pro».</strong></p>{% endif %}
<p>Измените его, отправьте тест себе и выберите в рассылке.</p>`,
    },
  },
} as const;

export const wordsOf = (language: Language) => words[language];
