package csvimport_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
)

func TestHeadersInEnglishAndRussian(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]csvimport.Columns{
		"E-Mail;Full Name;Note":                        {FullName: true, Comment: true},
		" почта ;ФИО;Комментарий":                      {FullName: true, Comment: true},
		"Эл. почта;Полное имя;Примечание":              {FullName: true, Comment: true},
		"ЭЛЕКТРОННАЯ ПОЧТА;имя;заметки":                {FullName: true, Comment: true},
		"Адрес;Имя;Комментарий":                        {FullName: true, Comment: true},
		"mail;name;comments":                           {FullName: true, Comment: true},
		"E_MAIL;Ф.И.О.;коммента\u0440и\u0438\u0306":    {FullName: true, Comment: true}, // й in two characters
		"email;адрес;name":                             {FullName: true, Attributes: []string{"адрес"}},
		"email;full_name;фамилия":                      {FullName: true, Attributes: []string{"фамилия"}},
		"email;почта;имя":                              {FullName: true, Attributes: []string{"почта"}},
		"email;attributes.email;attributes.Имя":        {Attributes: []string{"email", "Имя"}},
		"email;комментарий;attributes.comment;VIP":     {Comment: true, Attributes: []string{"comment", "VIP"}},
		"email;attributes.city;attributes.City;cities": {Attributes: []string{"city", "City", "cities"}},
	} {
		r, err := csvimport.NewReader(strings.NewReader(header+"\n"), "")
		require.NoError(t, err, header)
		assert.Equal(t, want, r.Columns(), header)
	}
}

func TestNamesInPartsAreJoined(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"email,first name,last name\na@example.org, Anna ,Smirnova\n":        "Anna Smirnova",
		"Фамилия;Имя;Отчество;Почта\nСмирнова;Анна;Петровна;a@example.org\n": "Анна Петровна Смирнова",
		"фамилия;имя;почта\n;Анна;a@example.org\n":                           "Анна",
		"ФАМИЛИЯ;почта\nСмирнова;a@example.org\n":                            "Смирнова",
		"имя;фамилия;фио;почта\nx;y;Анна Смирнова;a@example.org\n":           "Анна Смирнова",
	} {
		clients, rejects, err := readAll(t, strings.NewReader(file))
		require.NoError(t, err)
		require.Empty(t, rejects)
		assert.Equal(t, want, clients[0].FullName)
	}
}

func TestEverythingWrongWithTheHeaderIsToldAtOnce(t *testing.T) {
	t.Parallel()
	_, _, err := readAll(t, strings.NewReader("name,date of birth,,City,city,1st,attributes.x,attributes.x\n"))
	for _, says := range []string{`no column "email"`, `"date of birth"`, "column 3 has no name", `"city" twice`, `"1st"`, `"x" twice`} {
		require.ErrorContains(t, err, says)
	}
	_, _, err = readAll(t, strings.NewReader("почта,mail,name\n"))
	require.ErrorContains(t, err, `"почта" and "mail" could both be "email"`)
}
