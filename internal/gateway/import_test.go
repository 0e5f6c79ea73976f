package gateway_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
)

func (c *caller) upload(query string, file any) object {
	c.t.Helper()
	a := c.do("POST", base+"/clients/import"+query, file, "Content-Type", "text/csv").want(http.StatusAccepted)
	require.Equal(c.t, base+"/imports/"+a.id(), a.header.Get("Location"))
	return c.do("GET", a.header.Get("Location"), nil).want(http.StatusOK).body
}

func TestImportCountsAndReports(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	known := c.client("known@example.org")
	list := c.list("Казань")
	im := c.upload("?list_id="+list, "\ufeffEmail,Full_Name,город\n"+
		"анна@пример.рф,Анна,Казань\n"+
		"KNOWN@example.org,\"Известный, Иван\",Самара\n"+
		"=cmd|'/c calc'!A1,Formula,\n"+
		"short@example.org\n"+
		"bad\xff@example.org,B,\n"+
		"\"a@example.org\r\nBcc: b@example.org\",C,\n"+
		"wrong\"quote@example.org,D,\n"+
		"last@example.org,E,\n")
	for field, want := range map[string]any{"status": "finished", "error": "", "rows": 8.0, "created": 2.0, "updated": 1.0, "rejected": 5.0, "list_id": list} {
		assert.Equal(t, want, im[field], field)
	}
	assert.NotNil(t, im["finished_at"])
	assert.Equal(t, "Известный, Иван", c.do("GET", base+"/clients/"+known, nil).body["full_name"])
	assert.EqualValues(t, 3, c.do("GET", base+"/lists/"+list, nil).body["clients"])
	found := c.do("GET", base+"/clients?q=анна", nil).items()
	require.Len(t, found, 1)
	assert.Equal(t, object{"город": "Казань"}, found[0]["attributes"])

	got := c.do("GET", fmt.Sprint(im["rejects_url"]), nil).want(http.StatusOK)
	assert.Equal(t, "text/csv; charset=utf-8", got.header.Get("Content-Type"))
	rows, err := csv.NewReader(bytes.NewReader(got.raw)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 6)
	assert.Equal(t, []string{"line", "reason", "email", "row"}, rows[0])
	var lines []string
	for _, row := range rows[1:] {
		lines = append(lines, row[0])
		assert.NotEmpty(t, row[1])
	}
	assert.Equal(t, []string{"4", "5", "6", "7", "9"}, lines)
	assert.Equal(t, "'=cmd|'/c calc'!A1", rows[1][2], "no spreadsheet takes it for a formula")
	assert.Equal(t, []string{"has 1 field where the first line has 3", "short@example.org", "short@example.org"}, rows[2][1:])
	assert.Equal(t, "wrong\"quote@example.org,D,", rows[5][3])
}

func TestImportFromAForm(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	form := func(field, content string) (io.Reader, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		require.NoError(t, w.WriteField("note", "something before"))
		part, err := w.CreateFormFile(field, "клиенты.csv")
		require.NoError(t, err)
		_, err = io.WriteString(part, content)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return &b, w.FormDataContentType()
	}
	body, media := form("file", "email;comment\na@example.org;x\n")
	id := c.do("POST", base+"/clients/import", body, "Content-Type", media).want(http.StatusAccepted).id()
	assert.EqualValues(t, 1, c.do("GET", base+"/imports/"+id, nil).body["created"])
	body, media = form("document", "email\n")
	assert.Equal(t, []string{"file"}, c.do("POST", base+"/clients/import", body, "Content-Type", media).problem(http.StatusUnprocessableEntity, "validation_failed").fields())
	c.do("POST", base+"/clients/import", "--x", "Content-Type", "multipart/form-data; boundary=y").want(http.StatusUnprocessableEntity)
	c.do("POST", base+"/clients/import", "--y\r\nbroken", "Content-Type", "multipart/form-data; boundary=y").problem(http.StatusBadRequest, "malformed_request")
}

func TestFilesThatAreNoneAreRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	for name, file := range map[string]string{
		"empty": "", "blank": "\n\n", "no e-mail column": "name,phone\n", "twice": "email,City,city\n", "no name": "email,,x\n",
		"bad name": "email,date of birth\n", "UTF-16 without the column": "\xff\xfee\x00m\x00", "workbook": "PK\x03\x04", "endless line": strings.Repeat("x", 100_000),
		"quote": "email,\"x\" y\n", "many columns": "email," + strings.Join(names(1001), ",") + "\n",
	} {
		a := c.do("POST", base+"/clients/import", file, "Content-Type", "text/csv").problem(http.StatusUnprocessableEntity, "validation_failed")
		assert.Equal(t, []string{"file"}, a.fields(), name)
	}
}

func names(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint("a", i)
	}
	return out
}

func TestAnUploadLargerThanABodyMayBe(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	var file strings.Builder
	file.WriteString("email,comment\n")
	filler := strings.Repeat("я", 900)
	for i := range 6500 {
		fmt.Fprintf(&file, "c%d@example.org,%s\n", i, filler)
	}
	require.Greater(t, file.Len(), 11<<20)
	im := c.upload("", file.String())
	assert.EqualValues(t, 6500, im["created"])
}

func TestAnUploadThatBreaksOffKeepsWhatCame(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(c.url, "http://"))
	require.NoError(t, err)
	_, err = fmt.Fprintf(conn, "POST %s/clients/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\n", base, c.key)
	require.NoError(t, err)
	_, err = fmt.Fprint(conn, "email\na@example.org\nb@exa")
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool {
		items := c.do("GET", base+"/clients", nil).items()
		return len(items) == 1 && items[0]["email"] == "a@example.org"
	}, 20*time.Second, 20*time.Millisecond)
}

func TestAnOpenQuoteNamesItsLineAndTakesNoOther(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	im := c.upload("", "email,comment\na@example.org,x\nb@example.org,\""+strings.Repeat("never closed\n", 200_000)+"c@example.org,y\n")
	assert.Equal(t, "finished", im["status"])
	assert.EqualValues(t, 2, im["created"])
	assert.EqualValues(t, 200_002, im["rows"])
	rows, err := csv.NewReader(bytes.NewReader(c.do("GET", fmt.Sprint(im["rejects_url"]), nil).raw)).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, "3", rows[1][0])
	assert.Contains(t, rows[1][1], "opens a quote")
	assert.Len(t, rows, 1+csvimport.MaxRejects, "the rest is only counted")
}

func TestCharsetsByQueryHeaderAndPart(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	const cp1251 = "\xcf\xee\xf7\xf2\xe0;\xc8\xec\xff\nanna@example.org;\xc0\xed\xed\xe0\n" // Почта;Имя, Анна
	for _, try := range [][2]string{{"", "text/csv"}, {"?charset=windows-1251", "text/csv; charset=utf-8"}, {"", "text/csv; charset=Windows-1251"}} {
		id := c.do("POST", base+"/clients/import"+try[0], cp1251, "Content-Type", try[1]).want(http.StatusAccepted).id()
		assert.EqualValues(t, 0, c.do("GET", base+"/imports/"+id, nil).body["rejected"], try)
	}
	assert.Equal(t, "Анна", c.do("GET", base+"/clients", nil).items()[0]["full_name"])
	c.do("POST", base+"/clients/import", cp1251, "Content-Type", "text/csv; charset=koi8-r").problem(http.StatusUnsupportedMediaType, "unsupported_media_type")
	bad := c.do("POST", base+"/clients/import?charset=koi8-r", cp1251, "Content-Type", "text/csv").problem(http.StatusUnprocessableEntity, "validation_failed")
	assert.Equal(t, []string{"charset"}, bad.fields())
	bad = c.do("POST", base+"/clients/import", cp1251, "Content-Type", "text/csv; charset=UTF-8").problem(http.StatusUnprocessableEntity, "validation_failed")
	assert.Equal(t, []string{"file"}, bad.fields())
}

func TestImportOfTheSameChangesNothing(t *testing.T) {
	t.Parallel()
	c := newAPI(t).caller("o@example.org", domain.RoleUser)
	const file = "Почта,ФИО,Примечание,город\na@example.org,Анна,x,Казань\nb@example.org,Борис,,\n"
	first := c.upload("", file)
	assert.EqualValues(t, len(file), first["size"])
	assert.EqualValues(t, len(file), first["bytes"])
	before := c.do("GET", base+"/clients", nil).raw
	again := c.upload("", file)
	assert.EqualValues(t, 2, again["updated"])
	assert.EqualValues(t, 2, again["unchanged"])
	assert.Equal(t, string(before), string(c.do("GET", base+"/clients", nil).raw), "no revision, no updated_at")
	c.upload("", strings.Replace(file, "Казань", "", 1))
	assert.Empty(t, c.do("GET", base+"/clients?q=a@", nil).items()[0]["attributes"], "an empty field is no attribute")
}
