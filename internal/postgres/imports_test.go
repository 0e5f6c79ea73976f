package postgres_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vestnik-mail/vestnik/internal/csvimport"
	"github.com/vestnik-mail/vestnik/internal/domain"
	"github.com/vestnik-mail/vestnik/internal/pgtest"
	"github.com/vestnik-mail/vestnik/internal/postgres"
)

// imports is a store with one user in it.
func imports(tb testing.TB, opts ...pgtest.Option) (*postgres.Store, domain.ID) {
	tb.Helper()
	store, err := postgres.Open(tb.Context(), pgtest.URL(tb, opts...), 4, domain.SystemClock{})
	require.NoError(tb, err)
	tb.Cleanup(store.Close)
	user, err := store.CreateUser(tb.Context(), domain.Address{Display: "o@example.org", Key: "o@example.org"}, "-", domain.RoleUser, true)
	require.NoError(tb, err)
	return store, user.ID
}

func run(t *testing.T, store *postgres.Store, owner, list domain.ID, file string) csvimport.Import {
	t.Helper()
	id, err := store.ImportClients(t.Context(), csvimport.Order{Owner: owner, List: list}, strings.NewReader(file))
	require.NoError(t, err)
	im, err := store.Import(t.Context(), owner, id)
	require.NoError(t, err)
	return im
}

func rejectsOf(t *testing.T, store *postgres.Store, owner, id domain.ID) []csvimport.Reject {
	t.Helper()
	var out []csvimport.Reject
	require.NoError(t, store.ImportRejects(t.Context(), owner, id, func(r csvimport.Reject) error {
		out = append(out, r)
		return nil
	}))
	return out
}

func TestImportCreatesAndUpdates(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	list := domain.List{OwnerID: owner, Name: "Казань"}
	require.NoError(t, store.CreateList(t.Context(), &list))
	known := domain.Client{
		OwnerID: owner, Email: domain.Address{Display: "Known@example.org", Key: "known@example.org"},
		FullName: "Старое Имя", Comment: "keep me", Attributes: map[string]string{"city": "Самара", "vip": "yes"},
	}
	require.NoError(t, store.CreateClient(t.Context(), &known))

	im := run(t, store, owner, list.ID, "\ufeffEmail;FULL_NAME;city\r\n"+
		"анна@пример.рф;Анна Смирнова;Казань\r\n"+
		"no at sign;X;Y\r\n"+
		"known@EXAMPLE.org;Новое Имя;Казань\r\n"+
		"\r\n"+
		"twice@example.org;First;A\r\n"+
		"twice@example.org;\"Second; and last\";B\r\n")
	assert.Equal(t, csvimport.Finished, im.Status)
	assert.Equal(t, []int64{5, 2, 2, 1}, []int64{im.Rows, im.Created, im.Updated, im.Rejected})
	assert.Equal(t, list.ID, im.ListID)
	rejects := rejectsOf(t, store, owner, im.ID)
	require.Len(t, rejects, 1)
	assert.EqualValues(t, 3, rejects[0].Line)
	assert.Equal(t, "no at sign", rejects[0].Email)

	updated, err := store.Client(t.Context(), owner, known.ID)
	require.NoError(t, err)
	assert.Equal(t, "Новое Имя", updated.FullName)
	assert.Equal(t, "keep me", updated.Comment, "the file has no such column")
	assert.Equal(t, map[string]string{"city": "Казань", "vip": "yes"}, updated.Attributes)
	assert.Equal(t, 2, updated.Revision)

	members, err := store.Clients(t.Context(), domain.ClientFilter{Owner: owner, List: list.ID}, 0, 10)
	require.NoError(t, err)
	require.Len(t, members, 3)
	byEmail := map[string]domain.Client{}
	for _, m := range members {
		byEmail[m.Email.Display] = m
	}
	assert.Equal(t, "Анна Смирнова", byEmail["анна@пример.рф"].FullName)
	assert.Equal(t, "Second; and last", byEmail["twice@example.org"].FullName)
	assert.Equal(t, "B", byEmail["twice@example.org"].Attributes["city"])
}

func TestImportRefusesTooManyAttributes(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	full := domain.Client{OwnerID: owner, Email: domain.Address{Display: "full@example.org", Key: "full@example.org"}, Attributes: map[string]string{}}
	for i := range domain.MaxAttributes {
		full.Attributes[fmt.Sprintf("a%d", i)] = "x"
	}
	require.NoError(t, store.CreateClient(t.Context(), &full))
	im := run(t, store, owner, domain.ID{}, "email,extra\nfull@example.org,1\nother@example.org,2\n")
	assert.Equal(t, []int64{2, 1, 0, 1}, []int64{im.Rows, im.Created, im.Updated, im.Rejected})
	assert.Equal(t, "full@example.org", rejectsOf(t, store, owner, im.ID)[0].Email)
}

func TestImportOfABrokenUploadKeepsWhatWasRead(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	file := io.MultiReader(strings.NewReader("email\na@example.org\nb@example.org\nc@exam"), failing{})
	id, err := store.ImportClients(t.Context(), csvimport.Order{Owner: owner}, file)
	require.NoError(t, err)
	im, err := store.Import(t.Context(), owner, id)
	require.NoError(t, err)
	assert.Equal(t, csvimport.Failed, im.Status)
	assert.Equal(t, "the upload broke off after line 3; what was read before stays", im.Error)
	assert.EqualValues(t, 2, im.Created)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestImportKeepsRejectsInOrderAcrossPages(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	var file strings.Builder
	file.WriteString("email\n")
	for i := range 2500 {
		fmt.Fprintf(&file, "bad%d\n", i)
	}
	im := run(t, store, owner, domain.ID{}, file.String())
	assert.EqualValues(t, 2500, im.Rejected)
	rejects := rejectsOf(t, store, owner, im.ID)
	require.Len(t, rejects, 2500)
	assert.Equal(t, "bad2499", rejects[2499].Email)
}

// endless is a CSV file of n rows that exists nowhere.
type endless struct {
	n, i    int
	pending []byte
	columns string
	row     string // after the address; empty: a name and a comment
	every   func() // called every 1000 rows
}

func (e *endless) Read(p []byte) (int, error) {
	for len(e.pending) < len(p) && e.i <= e.n {
		switch {
		case e.i == 0:
			e.pending = append(e.pending, e.columns...)
		case e.row != "":
			e.pending = fmt.Appendf(e.pending, "client%d@example.org%s\n", e.i, e.row)
		default:
			e.pending = fmt.Appendf(e.pending, "client%d@example.org,Имя Фамилия %d,comment\n", e.i, e.i)
		}
		e.i++
		if e.every != nil && e.i%1000 == 0 {
			e.every()
		}
	}
	if len(e.pending) == 0 {
		return 0, io.EOF
	}
	n := copy(p, e.pending)
	e.pending = append(e.pending[:0], e.pending[n:]...)
	return n, nil
}

func TestImportTakesConstantMemory(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	file := &endless{n: 300_000, columns: "email,full_name,comment\n"}
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before, peak := stats.HeapAlloc, uint64(0)
	file.every = func() {
		runtime.ReadMemStats(&stats)
		peak = max(peak, stats.HeapAlloc)
	}
	id, err := store.ImportClients(t.Context(), csvimport.Order{Owner: owner}, file)
	require.NoError(t, err)
	im, err := store.Import(t.Context(), owner, id)
	require.NoError(t, err)
	assert.EqualValues(t, 300_000, im.Created)
	assert.Less(t, peak, before+64<<20, "the file is not gathered in memory")
}

func TestRowsMayBeLongWithoutFillingTheMemory(t *testing.T) {
	t.Parallel()
	store, owner := imports(t)
	var columns, row strings.Builder
	columns.WriteString("email")
	for i := range domain.MaxAttributes {
		fmt.Fprintf(&columns, ",a%d", i)
		row.WriteString("," + strings.Repeat("я", domain.MaxAttributeLength))
	}
	file := &endless{n: 1000, columns: columns.String() + "\n", row: row.String()} // 100 MB
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	before, peak := stats.HeapAlloc, uint64(0)
	file.every = func() {
		runtime.ReadMemStats(&stats)
		peak = max(peak, stats.HeapAlloc)
	}
	id, err := store.ImportClients(t.Context(), csvimport.Order{Owner: owner}, file)
	require.NoError(t, err)
	im, err := store.Import(t.Context(), owner, id)
	require.NoError(t, err)
	assert.EqualValues(t, 1000, im.Created)
	assert.Less(t, peak, before+96<<20)
}

// BenchmarkImport is of 200,000 rows; with -benchtime 1x each is of a new account. The million is BenchmarkImportMillion.
func BenchmarkImport(b *testing.B)        { benchmarkImport(b, 200_000, false) }
func BenchmarkImportList(b *testing.B)    { benchmarkImport(b, 200_000, true) }
func BenchmarkImportMillion(b *testing.B) { benchmarkImport(b, 1_000_000, false) }

func benchmarkImport(b *testing.B, rows int, listed bool) {
	b.Helper()
	store, owner := imports(b, pgtest.Durable())
	order := csvimport.Order{Owner: owner}
	if listed {
		list := domain.List{OwnerID: owner, Name: "x"}
		require.NoError(b, store.CreateList(b.Context(), &list))
		order.List = list.ID
	}
	took := [3]time.Duration{}
	what := [3]string{"created/s", "unchanged/s", "changed/s"}
	columns := [3]string{"email,full_name,comment\n", "email,full_name,comment\n", "email,comment,full_name\n"}
	for b.Loop() {
		for i := range took {
			began := time.Now()
			id, err := store.ImportClients(b.Context(), order, &endless{n: rows, columns: columns[i]})
			require.NoError(b, err)
			took[i] = time.Since(began)
			im, err := store.Import(b.Context(), owner, id)
			require.NoError(b, err)
			require.EqualValues(b, rows, im.Created+im.Updated)
		}
	}
	for i := range took {
		b.ReportMetric(float64(rows)/took[i].Seconds(), what[i])
	}
}
