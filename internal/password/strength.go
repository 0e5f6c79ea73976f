package password

import (
	"strings"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/text/unicode/norm"

	"github.com/vestnik-mail/vestnik/internal/domain"
)

const (
	// strongEnough is zxcvbn's score for what takes more than 10^8 guesses: out of reach of whoever must ask us for each,
	// and with argon2id of most who have the hashes.
	strongEnough = 3
	// weighed is how many characters are looked at, because the time grows with their square; so many are strong enough
	// unless they repeat.
	weighed = 72
	// signs is how many different ones of crowd are told apart. Of each letter that they may stand for zxcvbn tries every
	// one, so its time grows with their product: with all of them to more than a second.
	signs = 6
	crowd = "4@({[<691!|7+$5"
)

var (
	errGuessable = domain.NewFault(domain.FaultWeakPassword, nil,
		"this password is easy to guess: use four or more words that do not belong together, or have a password manager make one")
	errAboutYou = domain.NewFault(domain.FaultPasswordAboutYou, nil,
		"this password has your name or address in it and is easy to guess: use four or more words that do not belong together, or have a password manager make one")
)

// CheckStrength is Check for a password that a person has chosen, who is known by these words: an address, a name. What is
// easy to guess is refused, in the way of zxcvbn. The error is for the person, and says what to do.
func CheckStrength(pw string, about ...string) error {
	if err := Check(pw); err != nil {
		return err
	}
	pw = norm.NFC.String(pw)
	if !strong(pw) {
		return errGuessable
	}
	if rest, theirs := without(pw, append(about, "vestnik")); theirs && !strong(rest) {
		return errAboutYou
	}
	return nil
}

func strong(pw string) bool {
	runes := []rune(pw)
	pw = string(runes[:min(len(runes), weighed)])
	different := 0
	for _, sign := range crowd {
		if strings.ContainsRune(pw, sign) {
			different++
		}
	}
	if different > signs {
		pw = alike().Replace(pw)
	}
	return zxcvbn.PasswordStrength(pw, nil).Score >= strongEnough
}

// alike puts one sign for all that may stand for the same letter.
func alike() *strings.Replacer {
	return strings.NewReplacer("@", "4", "{", "(", "[", "(", "<", "(", "9", "6", "1", "!", "|", "!", "7", "+", "5", "$")
}

// without takes the words of texts out of pw, and reports whether there were any.
func without(pw string, texts []string) (rest string, found bool) {
	rest = strings.ToLower(pw)
	for _, text := range texts {
		text = strings.ToLower(norm.NFC.String(text))
		words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" @.-_+", r) })
		for _, word := range append([]string{text}, words...) {
			if utf8.RuneCountInString(word) >= 3 && strings.Contains(rest, word) {
				rest, found = strings.ReplaceAll(rest, word, ""), true
			}
		}
	}
	return rest, found
}
