package postgres_test
import ("testing";"time";"fmt"
"github.com/jackc/pgx/v5"
"github.com/vestnik-mail/vestnik/internal/pgtest"
)
func TestZZ(t *testing.T){
 u:=pgtest.URL(t)
 c,_:=pgx.Connect(t.Context(),u)
 ex:=func(s string){ if _,err:=c.Exec(t.Context(),s);err!=nil{t.Fatal(s,err)}}
 ex("INSERT INTO users VALUES ('00000000-0000-7000-8000-000000000001','a','a','-','user',null,null,now())")
 ex("CREATE TEMP TABLE src AS SELECT gen_random_uuid() uid, 'client'||g||'@example.org' email, 'name '||g n from generate_series(1,300000) g")
 lo:=0
 step:=func(name, tail string){
  best:=time.Hour
  for range 6 {
   q:=fmt.Sprintf("WITH i AS (SELECT * FROM src OFFSET %d LIMIT 5000), d AS (INSERT INTO clients (uid,owner_id,email,email_key,full_name,comment,attributes,created_at,updated_at) SELECT uid,'00000000-0000-7000-8000-000000000001',email,email,n,'','{}'::text::jsonb,now(),now() FROM i ORDER BY email %s RETURNING id) SELECT count(*) FROM d",lo,tail)
   lo+=5000
   b:=time.Now(); ex(q); if d:=time.Since(b);d<best{best=d}
  }
  fmt.Println(name,best, int(5000/best.Seconds()),"rows/s")
 }
 up:="ON CONFLICT (owner_id,email_key) DO UPDATE SET full_name=excluded.full_name, revision=clients.revision+1, attributes = CASE WHEN true THEN clients.attributes || excluded.attributes ELSE clients.attributes END"
 step("full",up)
 step("no conflict clause","")
 ex("ALTER TABLE clients DROP CONSTRAINT clients_owner_id_fkey")
 step("-fk",up)
 step("-fk no conflict clause","")
 ex("DROP INDEX clients_owner")
 step("-fk-owneridx",up)
 ex("ALTER TABLE clients DROP CONSTRAINT clients_uid_key")
 step("-uid",up)
 for range 3 { b:=time.Now(); ex("SELECT * FROM src OFFSET 295000 LIMIT 5000"); fmt.Println("select", time.Since(b)) }
}
