/* Scripts that hurt, in processes of this very program. */
#include "check.h"

int main(int argc, char **argv)
{
    static const char *const scripts[] = {
        "for (;;) eval('1');",
        "var s = eval(\"'x'\"); for (;;) s += s; return s;",
        "var a = [eval('1')]; for (;;) a.push(new Array(1000).fill(a));",
        "eval('1'); throw 'no';",
    };
    char source[512];
    size_t at;

    whichproxy_serve_if_asked(argc, (const char *const *)argv);
    for (at = 0; at < sizeof scripts / sizeof scripts[0]; at++) {
        whichproxy_pac *pac = NULL;
        whichproxy_evaluation *found = NULL;
        whichproxy_status status;

        snprintf(source, sizeof source,
                 "function FindProxyForURL(url, host) { if (host == 'ok') "
                 "return eval('\"PROXY ok:1\"'); %s }",
                 scripts[at]);
        OK(whichproxy_pac_new(T(source), WHICHPROXY_WORKER, NULL, 0, 1000,
                              &pac));
        status = whichproxy_pac_find_proxy(pac, NULL, T("http://hurt/"),
                                           NULL, 0, &found);
        CHECK(status == WHICHPROXY_SCRIPT_FAILED && found == NULL);
        CHECK(whichproxy_last_error().len > 0);
        OK(whichproxy_pac_find_proxy(pac, NULL, T("http://ok/"), NULL, 0,
                                     &found));
        CHECK(is(whichproxy_evaluation_text(found), "PROXY ok:1"));
        whichproxy_evaluation_free(found);
        whichproxy_pac_free(pac);
    }
    puts("worker: as it should be");
    return 0;
}
