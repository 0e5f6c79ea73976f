package mailbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// words are what the pages say in one language.
type words struct {
	Lang, Product, Title, Skip, Home, Language, ToLight, ToDark, Breadcrumbs            string
	Nothing, NothingHint, NotFound, NotFoundHint, NoMatch, All, Volatile                string
	Search, Find, Newer, Older, Page, Pages, Back, Taken, Kept, Unopened, Match, Unread string
	Live, LiveHint, Lost, LostHint, Fresh                                               string
	NoSubject, Envelope, Sender, Recipients, Received, Subject, InVestnik               string
	Mailing, Attempt, Client, Letter, Part, Width, Desktop, Phone, Frame                string
	Text, Source, Headers, Attachments, NoText, Broken, Isolated, Bytes, thousands      string
	months                                                                              []string
}

func english() words {
	return words{
		Lang: "en", Product: "Vestnik", Title: "Mailbox", Skip: "Skip to content", Home: "Vestnik, to the overview",
		Language: "Language", ToLight: "Light theme", ToDark: "Dark theme", Breadcrumbs: "Where you are",
		Nothing:     "No mail yet",
		NothingHint: "Everything Vestnik sends while no mail service is set arrives here and never leaves this machine.",
		NotFound:    "This message is not here",
		NotFoundHint: "The mailbox keeps the newest messages, and only until Vestnik stops. " +
			"The delivery log still tells what became of the message.",
		NoMatch: "No message matches", All: "Show all",
		Volatile: "All mail of this Vestnik: none of it leaves this machine. It is kept in memory, and gone when Vestnik stops.",
		Search:   "Address or subject", Find: "Find",
		Newer: "Newer", Older: "Older", Page: "Page", Pages: "Pages", Back: "All messages",
		Taken: "Received", Kept: "kept", Unopened: "not opened", Match: "found", Unread: "Not opened",
		Live: "Live", LiveHint: "New mail appears by itself.",
		Lost: "No connection", LostHint: "New mail is not shown. The connection heals by itself.", Fresh: "New messages: {n}",
		NoSubject: "(no subject)", Envelope: "Envelope", Sender: "From", Recipients: "To", Received: "Received", Subject: "Subject",
		InVestnik: "In Vestnik", Mailing: "Mailing", Attempt: "Attempt", Client: "Client",
		Letter: "Message", Part: "What is shown", Width: "Width", Desktop: "Desktop", Phone: "Phone", Frame: "The message as it looks",
		Text: "Text", Source: "Source", Headers: "Headers", Attachments: "Attachments",
		NoText:   "This message has no text.",
		Broken:   "This message cannot be taken apart, so its source is shown.",
		Isolated: "Scripts and anything from the network are blocked here.", Bytes: "bytes", thousands: ",",
		months: []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"},
	}
}

func russian() words {
	return words{
		Lang: "ru", Product: "Вестник", Title: "Почтовый ящик", Skip: "К содержанию", Home: "Вестник, к обзору",
		Language: "Язык", ToLight: "Светлая тема", ToDark: "Тёмная тема", Breadcrumbs: "Где вы находитесь",
		Nothing:     "Писем пока нет",
		NothingHint: "Всё, что Вестник отправляет, пока почтовая служба не задана, приходит сюда и не покидает эту машину.",
		NotFound:    "Этого письма здесь нет",
		NotFoundHint: "Ящик хранит только последние письма и только до остановки Вестника. " +
			"Что стало с письмом, по-прежнему видно в журнале доставки.",
		NoMatch: "Таких писем нет", All: "Показать все",
		Volatile: "Вся почта этого Вестника: дальше этой машины она не уходит. Письма хранятся в памяти и исчезают, когда Вестник останавливается.",
		Search:   "Адрес или тема", Find: "Найти",
		Newer: "Новее", Older: "Старее", Page: "Страница", Pages: "Страницы", Back: "Все письма",
		Taken: "Получено", Kept: "хранится", Unopened: "не открыто", Match: "найдено", Unread: "Не открыто",
		Live: "На связи", LiveHint: "Новые письма появляются сами.",
		Lost: "Нет связи", LostHint: "Новые письма не показываются. Связь восстановится сама.", Fresh: "Новых писем: {n}",
		NoSubject: "(без темы)", Envelope: "Конверт", Sender: "От кого", Recipients: "Кому", Received: "Получено", Subject: "Тема",
		InVestnik: "В Вестнике", Mailing: "Рассылка", Attempt: "Попытка", Client: "Клиент",
		Letter: "Письмо", Part: "Что показано", Width: "Ширина", Desktop: "Компьютер", Phone: "Телефон", Frame: "Письмо, как оно выглядит",
		Text: "Текст", Source: "Исходный текст", Headers: "Заголовки", Attachments: "Вложения",
		NoText:   "В этом письме нет текста.",
		Broken:   "Это письмо не удалось разобрать, поэтому показан его исходный текст.",
		Isolated: "Скрипты и загрузка из сети здесь запрещены.", Bytes: "байт", thousands: "\u202f",
		months: []string{"янв.", "февр.", "мар.", "апр.", "мая", "июн.", "июл.", "авг.", "сент.", "окт.", "нояб.", "дек."},
	}
}

// languageCookie carries the language that was chosen on a page or in the web application.
const languageCookie = "vestnik_language"

// languageAge is for how long, in seconds: a year.
const languageAge = 365 * 24 * 60 * 60

// wordsFor chooses by the language asked for (lang=), the one chosen before, and Accept-Language (RFC 9110 §12.5.4); English
// where all that names neither language.
func wordsFor(r *http.Request) words {
	chosen := []string{r.URL.Query().Get("lang")}
	if cookie, err := r.Cookie(languageCookie); err == nil {
		chosen = append(chosen, cookie.Value)
	}
	for _, lang := range chosen {
		switch lang {
		case "en":
			return english()
		case "ru":
			return russian()
		}
	}
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

// Time shows an instant to the second, with its zone, as the web application does.
func (w words) Time(t time.Time) string {
	return strconv.Itoa(t.Day()) + " " + w.months[t.Month()-1] + t.Format(", 15:04:05") + " " + w.zone(t)
}

// zone names the zone of t; one that has no name by its distance, GMT+5.
func (w words) zone(t time.Time) string {
	name, offset := t.Zone()
	switch {
	case name == "MSK" && w.Lang == "ru":
		return "МСК"
	case !strings.HasPrefix(name, "+") && !strings.HasPrefix(name, "-"):
		return name
	case offset%int(time.Hour/time.Second) == 0:
		return fmt.Sprintf("GMT%+d", offset/int(time.Hour/time.Second))
	default:
		return "GMT" + t.Format("-07:00")
	}
}
