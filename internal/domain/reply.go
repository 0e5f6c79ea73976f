package domain

import "strings"

// folded stands for what differs between replies that say the same.
const folded = "#"

// FoldReply replaces in a reply's text what differs from message to message by "#", so that replies that say the same are
// the same: words with a digit or an @ (queue ids, numbers, hosts, addresses), the word after "queued as", and words of
// the letters A to F alone, six and more, which are hexadecimal ids that happen to have no digit. Several in a row become
// one. Folding twice is folding once.
func FoldReply(text string) string {
	words := strings.Fields(text)
	kept := make([]string, 0, len(words))
	for _, word := range words {
		n := len(kept)
		if differs(word) || n >= 2 && strings.EqualFold(kept[n-2], "queued") && strings.EqualFold(kept[n-1], "as") {
			if n > 0 && kept[n-1] == folded {
				continue
			}
			word = folded
		}
		kept = append(kept, word)
	}
	return strings.Join(kept, " ")
}

func differs(word string) bool {
	if word == folded || strings.ContainsAny(word, "0123456789@") {
		return true
	}
	letters := strings.Trim(word, "()<>[]{};:,.\"'")
	return len(letters) >= 6 && strings.Trim(letters, "ABCDEF") == ""
}
