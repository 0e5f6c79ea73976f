package csvimport_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

// readAll reads a whole file.
func readAll(t *testing.T, file io.Reader) (clients []domain.Client, rejects []csvimport.Reject, err error) {
	t.Helper()
	r, err := csvimport.NewReader(file, "")
	if err != nil {
		return nil, nil, err
	}
	for {
		c, err := r.Next()
		reject, bad := errors.AsType[*csvimport.RejectError](err)
		switch {
		case err == nil:
			clients = append(clients, c)
		case bad:
			rejects = append(rejects, reject.Reject)
		case errors.Is(err, io.EOF):
			return clients, rejects, nil
		default:
			return clients, rejects, err
		}
	}
}

func TestDelimitersAndHeaders(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"comma":             "email,full_name,comment,city\na@example.org,Анна,да,Казань\n",
		"semicolon":         "EMAIL;Full_Name;COMMENT;city\na@example.org;Анна;да;Казань\n",
		"tab":               "email\tfull_name\tcomment\tcity\na@example.org\tАнна\tда\tКазань\n",
		"byte order mark":   "\ufeffemail,full_name,comment,city\r\na@example.org,Анна,да,Казань\r\n",
		"another order":     "city,comment,full_name,email\nКазань,да,Анна,a@example.org",
		"spaces and quotes": " email , \"full_name\",comment,city\n a@example.org ,\" Анна \",да, Казань \n",
		"blank lines":       "\n\nemail,full_name,comment,city\n\na@example.org,Анна,да,Казань\n\n",
		"commas in quotes":  "\"email\";full_name;comment;city\na@example.org;Анна;да;Казань\n",
	} {
		if name == "spaces and quotes" {
			file = strings.Replace(file, `, "full_name"`, `,"full_name"`, 1)
		}
		for _, slow := range []bool{false, true} {
			var r io.Reader = strings.NewReader(file)
			if slow {
				r = iotest.OneByteReader(r)
			}
			clients, rejects, err := readAll(t, r)
			require.NoError(t, err, name)
			assert.Empty(t, rejects, name)
			require.Len(t, clients, 1, name)
			assert.Equal(t, domain.Client{
				Email:    domain.Address{Display: "a@example.org", Key: "a@example.org"},
				FullName: "Анна", Comment: "да", Attributes: map[string]string{"city": "Казань"},
			}, clients[0], name)
		}
	}
}

func TestColumnsAreWhatTheFirstLineNames(t *testing.T) {
	t.Parallel()
	r, err := csvimport.NewReader(strings.NewReader("город,email,Comment,vip\n"), "")
	require.NoError(t, err)
	assert.Equal(t, csvimport.Columns{Comment: true, Attributes: []string{"город", "vip"}}, r.Columns())
}

func TestBadRowsAreRejectedByLine(t *testing.T) {
	t.Parallel()
	clients, rejects, err := readAll(t, strings.NewReader("email,comment\n"+
		"a@example.org,\"two\nlines\"\n"+ // 2 and 3
		"bad,x\n"+ // 4
		"b@example.org\n"+ // 5
		"c@example.org,x,y\n"+ // 6
		"d@example.org,\xff\n"+ // 7
		"e@example.org,a \"quote\"\n"+ // 8
		",x\n"+ // 9
		"f@example.org,\x00\n"+ // 10
		strings.Repeat("я", 300)+",x\n"+ // 11
		"g@example.org,ok")) // 12
	require.NoError(t, err)
	require.Len(t, clients, 2)
	assert.Equal(t, "two\nlines", clients[0].Comment)
	assert.Equal(t, "g@example.org", clients[1].Email.Key)
	var lines []int64
	for _, r := range rejects {
		lines = append(lines, r.Line)
		assert.NotEmpty(t, r.Reason)
		assert.LessOrEqual(t, len([]rune(r.Email)), 254)
	}
	assert.Equal(t, []int64{4, 5, 6, 7, 8, 9, 10, 11}, lines)
	assert.Equal(t, "is not in UTF-8", rejects[3].Reason)
	assert.Equal(t, "comment contains the control character U+0000", rejects[6].Reason)
}

func TestWhatIsShownOfABadAddressIsHarmless(t *testing.T) {
	t.Parallel()
	_, rejects, err := readAll(t, strings.NewReader("email\n\"a\x00b\r\n\xffc\u2028\"\n"))
	require.NoError(t, err)
	require.Len(t, rejects, 1)
	for _, r := range rejects[0].Email {
		assert.GreaterOrEqual(t, r, ' ')
	}
	assert.NotContains(t, rejects[0].Email, "\u2028")
}

func TestReadersFaultsArePassedOn(t *testing.T) {
	t.Parallel()
	fault := errors.New("connection reset")
	_, _, err := readAll(t, iotest.ErrReader(fault))
	require.ErrorIs(t, err, fault)
	clients, _, err := readAll(t, io.MultiReader(strings.NewReader("email\na@example.org\nb@ex"), iotest.ErrReader(fault)))
	require.ErrorIs(t, err, fault)
	assert.Len(t, clients, 1, "half a row is none")
}

func FuzzReader(f *testing.F) {
	f.Add("email,city\na@example.org,Казань\n")
	f.Add("\ufeffemail;x\n\"a@example.org\n;")
	f.Fuzz(func(t *testing.T, file string) {
		clients, rejects, err := readAll(t, strings.NewReader(file))
		for i := range clients {
			assert.Empty(t, clients[i].Validate())
			assert.NotEmpty(t, clients[i].Email.Key)
		}
		for _, r := range rejects {
			assert.Positive(t, r.Line)
		}
		if _, ok := errors.AsType[*csvimport.FormatError](err); err != nil && !ok {
			t.Fatalf("an error of neither kind: %v", err)
		}
	})
}

// The clients of a file may have different attributes, more of them together than any one may have.
func TestManyColumnsWithFewFilledIn(t *testing.T) {
	t.Parallel()
	var header strings.Builder
	for i := range 60 {
		header.WriteString(",a" + strings.Repeat("x", i))
	}
	few := strings.Repeat(",v", 50) + strings.Repeat(",", 10)
	many := strings.Repeat(",v", 60)
	clients, rejects, err := readAll(t, strings.NewReader("email"+header.String()+"\nfew@example.org"+few+"\nmany@example.org"+many+"\n"))
	require.NoError(t, err)
	require.Len(t, clients, 1)
	require.Len(t, clients[0].Attributes, 50)
	require.Len(t, rejects, 1)
	require.Equal(t, int64(3), rejects[0].Line)
}
