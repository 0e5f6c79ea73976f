package mailbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// words are what the pages say in one language.
type words struct {
	Lang, Title, Nothing, NothingHint, NotFound, NotFoundHint, NoMatch, All       string
	Search, Find, Refresh, Newer, Older, Page, Back, Volatile, Taken, Kept, Match string
	NoSubject, Envelope, Sender, Recipients, Received, Subject, Size              string
	HTML, Text, Source, Headers, Attachments, NoText, Broken, Isolated, Bytes     string
	thousands, layout                                                             string
}

func english() words {
	return words{
		Lang: "en", Title: "Mailbox", All: "Show all",
		Nothing:     "No mail yet.",
		NothingHint: "Everything Vestnik sends while no mail service is set arrives here and never leaves this machine.",
		NotFound:    "This message is not here.",
		NotFoundHint: "The mailbox keeps the newest messages, and only until Vestnik stops. " +
			"The delivery log still tells what became of the message.",
		NoMatch: "No address in the mailbox matches.",
		Search:  "Part of an address", Find: "Find", Refresh: "Refresh",
		Newer: "Newer", Older: "Older", Page: "Page", Back: "All messages",
		Volatile: "Messages are kept in memory and are gone when Vestnik stops.",
		Taken:    "Received", Kept: "kept", Match: "found",
		NoSubject: "(no subject)", Envelope: "Envelope", Sender: "From", Recipients: "To", Received: "Received", Subject: "Subject",
		Size: "Size", HTML: "HTML", Text: "Text", Source: "Source", Headers: "All headers", Attachments: "Attachments",
		NoText:   "This message has no text.",
		Broken:   "This message cannot be taken apart, so its source is shown.",
		Isolated: "Scripts and anything from the network are blocked here.", Bytes: "bytes",
		thousands: ",", layout: "2 Jan 15:04:05 MST",
	}
}

func russian() words {
	return words{
		Lang: "ru", Title: "Почтовый ящик", All: "Показать все",
		Nothing:     "Писем пока нет.",
		NothingHint: "Всё, что Вестник отправляет, пока почтовый сервис не задан, приходит сюда и не покидает эту машину.",
		NotFound:    "Этого письма здесь нет.",
		NotFoundHint: "Ящик хранит только последние письма и только до остановки Вестника. " +
			"Что стало с письмом, по-прежнему видно в журнале доставки.",
		NoMatch: "В ящике нет писем с таким адресом.",
		Search:  "Часть адреса", Find: "Найти", Refresh: "Обновить",
		Newer: "Новее", Older: "Старее", Page: "Страница", Back: "Все письма",
		Volatile: "Письма хранятся в памяти и исчезают, когда Вестник останавливается.",
		Taken:    "Получено", Kept: "хранится", Match: "найдено",
		NoSubject: "(без темы)", Envelope: "Конверт", Sender: "От кого", Recipients: "Кому", Received: "Получено", Subject: "Тема",
		Size: "Размер", HTML: "HTML", Text: "Текст", Source: "Исходный текст", Headers: "Все заголовки", Attachments: "Вложения",
		NoText:   "В этом письме нет текста.",
		Broken:   "Это письмо не удалось разобрать, поэтому показан его исходный текст.",
		Isolated: "Скрипты и загрузка из сети здесь запрещены.", Bytes: "байт",
		thousands: "\u202f", layout: "02.01 15:04:05 MST",
	}
}

// wordsFor chooses by Accept-Language (RFC 9110 §12.5.4); English where neither language is asked for.
func wordsFor(r *http.Request) words {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return english()
	}
	tag, _, _ := language.NewMatcher([]language.Tag{language.English, language.Russian}).Match(tags...)
	if base, _ := tag.Base(); base.String() == "ru" {
		return russian()
	}
	return english()
}

// Number groups digits by three.
func (w words) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(w.thousands)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Time shows an instant to the second, with its zone.
func (w words) Time(t time.Time) string { return t.Format(w.layout) }
