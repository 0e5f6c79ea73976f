package csvimport

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// attributePrefix before a column's name says that it is an attribute, whatever the name is.
const attributePrefix = "attributes."

// role is what a column can be, apart from an attribute.
type role int

const (
	noRole role = iota
	emailRole
	addressRole // the e-mail address if there is no emailRole: "адрес" is often that of a house
	fullNameRole
	nameRole // the first name beside a last name, else the full name
	middleRole
	lastRole
	commentRole
)

// roleOf tells what a column's name stands for in English or Russian.
func roleOf(name string) role {
	switch fold(name) {
	case "email", "emailaddress", "mail", "почта", "элпочта", "электроннаяпочта", "имейл", "емейл", "эмейл", "емаил",
		"адресэлектроннойпочты", "адресэлпочты", "адреспочты":
		return emailRole
	case "адрес", "address":
		return addressRole
	case "fullname", "фио", "полноеимя", "имяифамилия", "фамилияиимя", "фамилияимя", "имяфамилия", "фамилияимяотчество":
		return fullNameRole
	case "name", "имя", "firstname", "givenname":
		return nameRole
	case "middlename", "patronymic", "отчество":
		return middleRole
	case "lastname", "surname", "familyname", "фамилия":
		return lastRole
	case "comment", "comments", "note", "notes", "комментарий", "комментарии", "коммент", "примечание", "примечания",
		"заметка", "заметки":
		return commentRole
	}
	return noRole
}

// fold makes spellings of one name alike: case, ё and е, spaces, hyphens, underscores and dots do not matter.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		switch {
		case r == 'ё':
			return 'е'
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return -1
	}, norm.NFC.String(name))
}
