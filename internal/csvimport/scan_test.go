package csvimport_test

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
)

func TestAnOpenQuoteCostsItsLineOnly(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]string{
		"to the end":          "c@example.org,y\nd@example.org,z\n",
		"to the next quote":   "c@example.org,y\nd@example.org,\"z\"\n",
		"for more than a row": strings.Repeat("c@example.org,y\n", 100_000) + "d@example.org,z",
	} {
		for _, slow := range []bool{false, true} {
			if slow && len(rest) > 1000 {
				continue
			}
			var file io.Reader = strings.NewReader("email,comment\na@example.org,\"x\"\nb@example.org,\"не закрыто\n" + rest)
			if slow {
				file = iotest.OneByteReader(file)
			}
			clients, rejects, err := readAll(t, file)
			require.NoError(t, err, name)
			require.Len(t, rejects, 1, name)
			assert.EqualValues(t, 3, rejects[0].Line, name)
			assert.Contains(t, rejects[0].Reason, "quote", name)
			assert.Equal(t, "b@example.org", rejects[0].Email, name)
			assert.Equal(t, `b@example.org,"не закрыто`, rejects[0].Content, name)
			assert.Len(t, clients, 1+strings.Count(rest, "@"), name)
			assert.Equal(t, "d@example.org", clients[len(clients)-1].Email.Key, name)
		}
	}
	_, rejects, err := readAll(t, strings.NewReader("email,comment\na@example.org,\"x\nb@example.org,y"))
	require.NoError(t, err)
	require.Len(t, rejects, 1)
	assert.Equal(t, "opens a quote that is never closed; the lines after it were read as lines of their own", rejects[0].Reason)
}

func TestARowsContentIsShownHarmlessAndCut(t *testing.T) {
	t.Parallel()
	_, rejects, err := readAll(t, strings.NewReader("email\tcomment\nbad\t\"a\x00b\nв\"\nworse\t"+strings.Repeat("я", 3000)+"\n"))
	require.NoError(t, err)
	require.Len(t, rejects, 2)
	assert.Equal(t, "bad\t\"a\ufffdb\nв\"", rejects[0].Content)
	assert.Len(t, []rune(rejects[1].Content), 1000)
}

func TestALineWithoutAnEndIsRefused(t *testing.T) {
	t.Parallel()
	clients, _, err := readAll(t, strings.NewReader("email\na@example.org\n"+strings.Repeat("x", 3<<20)))
	require.ErrorContains(t, err, "line 3 is longer than")
	assert.Len(t, clients, 1)
}

func TestRowsBelowASpreadsheetsLastAreNone(t *testing.T) {
	t.Parallel()
	clients, rejects, err := readAll(t, strings.NewReader("email;имя\r\na@example.org;Анна\r\n;\r\n ; \r\n\r\n;\r\n"))
	require.NoError(t, err)
	assert.Len(t, clients, 1)
	assert.Empty(t, rejects)
}

// FuzzRecords holds what is read of a sound file to what encoding/csv reads.
func FuzzRecords(f *testing.F) {
	f.Add("a,b\n\"c\"\"\n,d\",e\r\n")
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Contains(body, "\r") { // encoding/csv changes those within quotes
			return
		}
		std := csv.NewReader(strings.NewReader(body))
		std.FieldsPerRecord = -1
		records, err := std.ReadAll()
		if err != nil || !strings.HasSuffix(body, "\n") {
			return
		}
		var want []string
		for _, r := range records {
			if strings.TrimSpace(strings.Join(r, "")) != "" {
				want = append(want, strings.TrimSpace(r[0]))
			}
		}
		clients, rejects, err := readAll(t, iotest.HalfReader(strings.NewReader("email\n"+body)))
		if _, refused := errors.AsType[*csvimport.FormatError](err); refused {
			return
		}
		require.NoError(t, err)
		require.Equal(t, len(want), len(clients)+len(rejects))
	})
}

func BenchmarkReader(b *testing.B) {
	file := "email,full_name,comment,город\n" + strings.Repeat("client12345@example.org,Имя Фамилия 12345,comment,Казань\n", 10_000)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		r, err := csvimport.NewReader(strings.NewReader(file), "")
		require.NoError(b, err)
		for err == nil {
			_, err = r.Next()
		}
		require.ErrorIs(b, err, io.EOF)
	}
	b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "rows/s")
}
