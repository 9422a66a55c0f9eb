/* Every function, and every way in which it can fail. */
#include <stddef.h>

#include "check.h"

/* The layout of what programs hold themselves: a size that is wrong does not
 * compile. */
#define LAYOUT(name, condition) typedef char name[(condition) ? 1 : -1]

LAYOUT(str_size, sizeof(whichproxy_str) == 2 * sizeof(void *));
LAYOUT(str_len, offsetof(whichproxy_str, len) == sizeof(void *));
LAYOUT(status_size, sizeof(whichproxy_status) == sizeof(int));
LAYOUT(route_kind, offsetof(whichproxy_route, kind) == 0);
LAYOUT(route_port, offsetof(whichproxy_route, port) == sizeof(int));
LAYOUT(route_scheme, offsetof(whichproxy_route, scheme) == 8);
LAYOUT(route_size,
       sizeof(whichproxy_route) == 8 + 4 * sizeof(whichproxy_str));

static const char REG[] =
    "Windows Registry Editor Version 5.00\n\n"
    "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\"
    "DataCollection]\n"
    "\"TelemetryProxyServer\"=\"10.0.0.6:8080\"\n";

static const char INTERNET[] =
    "REGEDIT4\n\n"
    "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\"
    "Internet Settings]\n"
    "\"AutoConfigURL\"=\"http://pac.example/p.pac\"\n";

static const char SCRIPT[] =
    "function FindProxyForURL(url, host) {\n"
    "  var a = dnsResolve(host);\n"
    "  return a ? 'PROXY ' + a + ':1; PROXY b:2; DIRECT' : 'DIRECT';\n"
    "}\n";

static const uint8_t BAD[] = {'a', 0xff, 'b'};

static whichproxy_machine *offline(void)
{
    whichproxy_machine *machine = NULL;

    OK(whichproxy_machine_offline(&machine));
    CHECK(machine != NULL);
    return machine;
}

static void versions(void)
{
    uint32_t version = whichproxy_version();
    char text[32];

    snprintf(text, sizeof text, "%u.%u.%u", (unsigned)(version >> 16),
             (unsigned)(version >> 8 & 0xff), (unsigned)(version & 0xff));
    CHECK(is(whichproxy_version_text(), text));
}

static void errors(void)
{
    whichproxy_machine *machine = offline();

    CHECK(whichproxy_machine_add_reg(machine, T("no export"), T("x.reg")) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(has(whichproxy_last_error(), "x.reg line 1"));
    CHECK(is(whichproxy_last_error_kind(), "registry"));
    CHECK(whichproxy_last_error_winhttp_code() == 0);
    CHECK(whichproxy_machine_offline(NULL) == WHICHPROXY_NULL_POINTER);
    CHECK(is(whichproxy_last_error(), "`out` is null"));
    CHECK(is(whichproxy_last_error_kind(), "usage"));
    whichproxy_machine_free(machine);
}

static void clients(void)
{
    static const char *const names[] = {
        "winhttp",      "winhttp-auto", "wininet",
        "defender-edr", "defender-av",  "environment"};
    uint32_t at, client = 99;

    for (at = 0; at < 6; at++) {
        OK(whichproxy_client_named(T(names[at]), &client));
        CHECK(client == at);
    }
    CHECK(client == WHICHPROXY_ENVIRONMENT);
    CHECK(whichproxy_client_named(T("nobody"), &client) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(whichproxy_client_named(BAD, 3, &client) == WHICHPROXY_NOT_UTF8);
    CHECK(has(whichproxy_last_error(), "`name` is no UTF-8, from byte 1 on"));
    CHECK(whichproxy_client_named(NULL, 1, &client) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_client_named(T("winhttp"), NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(client == WHICHPROXY_ENVIRONMENT);
}

static void machines(void)
{
    whichproxy_machine *m = offline(), *other = NULL;
    whichproxy_text *text = NULL;

    OK(whichproxy_machine_live(&other));
    whichproxy_machine_free(other);
    other = NULL;
    CHECK(whichproxy_machine_live(NULL) == WHICHPROXY_NULL_POINTER);

    OK(whichproxy_machine_recorded(
        T("recording = 1\nnow = \"2026-11-22T09:30:00+01:00\"\n"), &other));
    whichproxy_machine_free(other);
    other = NULL;
    CHECK(whichproxy_machine_recorded(T("x"), &other) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(is(whichproxy_last_error_kind(), "recording"));
    CHECK(whichproxy_machine_recorded(BAD, 3, &other) == WHICHPROXY_NOT_UTF8);
    CHECK(whichproxy_machine_recorded(NULL, 0, &other) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_recorded(T("x"), NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(other == NULL);

    OK(whichproxy_machine_add_reg(m, T(REG), NULL, 0));
    CHECK(whichproxy_machine_add_reg(NULL, T(REG), NULL, 0) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_reg(m, NULL, 0, NULL, 0) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_reg(m, T(REG), BAD, 3) ==
          WHICHPROXY_NOT_UTF8);

    OK(whichproxy_machine_set_env(m, T("http_proxy"), T("p:1")));
    CHECK(whichproxy_machine_set_env(NULL, T("a"), T("b")) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_set_env(m, NULL, 0, T("b")) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_set_env(m, T("a"), NULL, 0) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_set_env(m, BAD, 3, T("b")) ==
          WHICHPROXY_NOT_UTF8);
    CHECK(whichproxy_machine_set_env(m, T("a"), BAD, 3) ==
          WHICHPROXY_NOT_UTF8);

    OK(whichproxy_machine_add_name(m, T("a.example"), T("192.0.2.1")));
    OK(whichproxy_machine_add_name(m, T("none.example"), NULL, 0));
    CHECK(whichproxy_machine_add_name(m, T("a"), T("no")) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(is(whichproxy_last_error(), "`no` is no IP address"));
    CHECK(whichproxy_machine_add_name(NULL, T("a"), T("::1")) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_name(m, NULL, 0, T("::1")) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_name(m, BAD, 3, T("::1")) ==
          WHICHPROXY_NOT_UTF8);

    OK(whichproxy_machine_add_page(m, T("http://p/"), T("x"), T("text/x")));
    CHECK(whichproxy_machine_add_page(m, T("no"), T("x"), NULL, 0) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(is(whichproxy_last_error_kind(), "url"));
    CHECK(whichproxy_machine_add_page(NULL, T("http://p/"), T("x"), NULL,
                                      0) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_page(m, NULL, 0, T("x"), NULL, 0) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_page(m, T("http://p/"), NULL, 0, NULL, 0) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_page(m, T("http://p/"), T("x"), BAD, 3) ==
          WHICHPROXY_NOT_UTF8);

    OK(whichproxy_machine_set_wpad_option(m, T("http://wpad/")));
    OK(whichproxy_machine_set_wpad_option(m, NULL, 0));
    CHECK(whichproxy_machine_set_wpad_option(NULL, NULL, 0) ==
          WHICHPROXY_NULL_POINTER);

    OK(whichproxy_machine_add_own_address(m, T("192.0.2.9")));
    CHECK(whichproxy_machine_add_own_address(m, T("x")) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(whichproxy_machine_add_own_address(m, NULL, 0) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_own_address(NULL, T("::1")) ==
          WHICHPROXY_NULL_POINTER);

    OK(whichproxy_machine_set_domain(m, T("corp.example")));
    OK(whichproxy_machine_set_domain(m, NULL, 0));
    CHECK(whichproxy_machine_set_domain(m, BAD, 3) == WHICHPROXY_NOT_UTF8);
    CHECK(whichproxy_machine_set_domain(NULL, NULL, 0) ==
          WHICHPROXY_NULL_POINTER);

    OK(whichproxy_machine_add_search(m, T("corp.example")));
    CHECK(whichproxy_machine_add_search(m, NULL, 0) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_add_search(m, BAD, 3) == WHICHPROXY_NOT_UTF8);
    CHECK(whichproxy_machine_add_search(NULL, T("x")) ==
          WHICHPROXY_NULL_POINTER);

    OK(whichproxy_machine_set_now(m, T("2026-11-22T09:30:00+01:00")));
    CHECK(whichproxy_machine_set_now(m, T("now")) == WHICHPROXY_BAD_INPUT);
    CHECK(whichproxy_machine_set_now(m, NULL, 0) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_set_now(NULL, T("now")) ==
          WHICHPROXY_NULL_POINTER);

    OK(whichproxy_machine_settings(m, WHICHPROXY_DEFENDER_EDR, NULL, 0,
                                   &text));
    CHECK(has(whichproxy_text_str(text), "export.reg line 4"));
    whichproxy_text_free(text);
    text = NULL;
    CHECK(whichproxy_machine_settings(m, 7, NULL, 0, &text) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(is(whichproxy_last_error(), "7 is no client"));
    CHECK(whichproxy_machine_settings(m, 0, T("me"), &text) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(whichproxy_machine_settings(NULL, 0, NULL, 0, &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_settings(m, 0, NULL, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(text == NULL);

    OK(whichproxy_machine_plans(m, WHICHPROXY_DEFENDER_EDR, NULL, 0, &text));
    CHECK(has(whichproxy_text_str(text), "10.0.0.6:8080"));
    whichproxy_text_free(text);
    text = NULL;
    CHECK(whichproxy_machine_plans(m, 7, NULL, 0, &text) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_machine_plans(m, 0, BAD, 3, &text) ==
          WHICHPROXY_NOT_UTF8);
    CHECK(whichproxy_machine_plans(NULL, 0, NULL, 0, &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_plans(m, 0, NULL, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(is(whichproxy_text_str(NULL), ""));

    whichproxy_machine_free(m);
    whichproxy_machine_free(NULL);
    whichproxy_text_free(NULL);
}

static void told(void *context, uint32_t change, whichproxy_str fault)
{
    (void)context;
    /* Nothing changes while this program runs, or it is no fault. */
    CHECK(change == WHICHPROXY_CHANGE_ADDRESSES);
    CHECK(is(fault, ""));
}

static void count(void *context)
{
    ++*(int *)context;
}

static void resolving(void)
{
    whichproxy_machine *m = offline();
    whichproxy_resolver *r = NULL, *none = NULL;
    whichproxy_resolution *found = NULL, *many[3];
    whichproxy_status statuses[3];
    whichproxy_str urls[3];
    whichproxy_route route;
    whichproxy_text *text = NULL;
    whichproxy_watch *watch = NULL;
    bool changed = false;
    int released = 0;
    size_t step = 0;

    OK(whichproxy_machine_add_reg(m, T(REG), T("contoso.reg")));
    CHECK(whichproxy_resolver_new(9, m, NULL, 0, NULL, 0, &none) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_resolver_new(3, NULL, NULL, 0, NULL, 0, &none) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_new(3, m, NULL, 0, NULL, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_new(3, m, T("no-reading"), NULL, 0, &none) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(whichproxy_resolver_new(3, m, NULL, 0, T("x"), &none) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(whichproxy_resolver_new(3, m, BAD, 3, NULL, 0, &none) ==
          WHICHPROXY_NOT_UTF8);
    CHECK(none == NULL);
    OK(whichproxy_resolver_new(WHICHPROXY_DEFENDER_EDR, m, NULL, 0,
                               T("S-1-5-18"), &r));
    /* A resolver needs its machine no more. */
    whichproxy_machine_free(m);

    OK(whichproxy_resolver_plan(r, &text));
    CHECK(has(whichproxy_text_str(text), "10.0.0.6:8080"));
    whichproxy_text_free(text);
    text = NULL;
    CHECK(whichproxy_resolver_plan(NULL, &text) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_plan(r, NULL) == WHICHPROXY_NULL_POINTER);
    CHECK(text == NULL);
    OK(whichproxy_resolver_set_limits(r, 4096, 500));
    OK(whichproxy_resolver_set_limits(r, 0, 0));
    CHECK(whichproxy_resolver_set_limits(NULL, 0, 0) ==
          WHICHPROXY_NULL_POINTER);
    OK(whichproxy_resolver_set_isolation(r, WHICHPROXY_WORKER, NULL, 0));
    OK(whichproxy_resolver_set_isolation(r, WHICHPROXY_WORKER_AT, T("/x")));
    OK(whichproxy_resolver_set_isolation(r, WHICHPROXY_THREAD, NULL, 0));
    CHECK(whichproxy_resolver_set_isolation(r, WHICHPROXY_WORKER_AT, NULL,
                                            0) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_set_isolation(r, 3, NULL, 0) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_resolver_set_isolation(NULL, 0, NULL, 0) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_set_isolation(r, 2, BAD, 3) ==
          WHICHPROXY_NOT_UTF8);

    CHECK(whichproxy_resolver_resolve(NULL, T("http://x/"), &found) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_resolve(r, NULL, 0, &found) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_resolve(r, T("http://x/"), NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_resolve(r, BAD, 3, &found) ==
          WHICHPROXY_NOT_UTF8);
    CHECK(whichproxy_resolver_resolve(r, BAD, (size_t)-1, &found) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_resolver_resolve(r, T("no url"), &found) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(is(whichproxy_last_error_kind(), "url"));
    CHECK(found == NULL);
    OK(whichproxy_resolver_resolve(r, T("https://x.example/"), &found));
    CHECK(is(whichproxy_resolution_text(found),
             "PROXY 10.0.0.6:8080; DIRECT"));
    CHECK(has(whichproxy_resolution_trace(found), "contoso.reg line 4"));
    CHECK(whichproxy_resolution_len(found) == 2);
    OK(whichproxy_resolution_route(found, 0, &route));
    CHECK(route.kind == WHICHPROXY_PROXY && route.port == 8080);
    CHECK(is(route.scheme, "http") && is(route.host, "10.0.0.6"));
    CHECK(is(route.user, "") && is(route.password, ""));
    OK(whichproxy_resolution_route(found, 1, &route));
    CHECK(route.kind == WHICHPROXY_DIRECT && route.port == 0);
    CHECK(is(route.host, ""));
    CHECK(whichproxy_resolution_route(found, 2, &route) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_resolution_route(NULL, 0, &route) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolution_route(found, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    OK(whichproxy_resolution_step(found, 1, &step));
    CHECK(step == 2);
    CHECK(whichproxy_resolution_step(found, 2, &step) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_resolution_step(NULL, 0, &step) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolution_step(found, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolution_len(NULL) == 0);
    CHECK(is(whichproxy_resolution_text(NULL), ""));
    CHECK(is(whichproxy_resolution_trace(NULL), ""));
    OK(whichproxy_resolution_json(found, &text));
    CHECK(has(whichproxy_text_str(text), "\"client\":\"defender-edr\""));
    whichproxy_text_free(text);
    text = NULL;
    CHECK(whichproxy_resolution_json(NULL, &text) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolution_json(found, NULL) == WHICHPROXY_NULL_POINTER);
    OK(whichproxy_resolver_explain(r, T("no url"), &text));
    CHECK(has(whichproxy_text_str(text), "\"kind\":\"url\""));
    whichproxy_text_free(text);
    text = NULL;
    CHECK(whichproxy_resolver_explain(NULL, T("x"), &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_explain(r, NULL, 0, &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_explain(r, T("x"), NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(text == NULL);

    urls[0].data = "http://a/";
    urls[1].data = "no url";
    urls[2].data = "http://c/";
    urls[0].len = urls[2].len = 9;
    urls[1].len = 6;
    OK(whichproxy_resolver_resolve_many(r, urls, 3, many, statuses));
    CHECK(statuses[0] == WHICHPROXY_OK && statuses[2] == WHICHPROXY_OK);
    CHECK(statuses[1] == WHICHPROXY_BAD_INPUT && many[1] == NULL);
    CHECK(is(whichproxy_last_error_kind(), "url"));
    CHECK(whichproxy_resolution_len(many[2]) == 2);
    whichproxy_resolution_free(many[0]);
    whichproxy_resolution_free(many[2]);
    OK(whichproxy_resolver_resolve_many(r, urls, 1, many, NULL));
    whichproxy_resolution_free(many[0]);
    OK(whichproxy_resolver_resolve_many(r, urls, 0, many, NULL));
    CHECK(whichproxy_resolver_resolve_many(NULL, urls, 1, many, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_resolve_many(r, NULL, 1, many, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_resolve_many(r, urls, 1, NULL, NULL) ==
          WHICHPROXY_NULL_POINTER);
    urls[1].data = NULL;
    CHECK(whichproxy_resolver_resolve_many(r, urls, 3, many, NULL) ==
          WHICHPROXY_NULL_POINTER);

    OK(whichproxy_resolver_forget(r));
    CHECK(whichproxy_resolver_forget(NULL) == WHICHPROXY_NULL_POINTER);

    /* Nothing changes of a machine that is all given. */
    changed = true;
    OK(whichproxy_resolver_changed(r, WHICHPROXY_CHANGE_REGISTRY, &changed));
    CHECK(!changed);
    OK(whichproxy_resolver_changed(r, WHICHPROXY_CHANGE_ADDRESSES, &changed));
    CHECK(!changed);
    CHECK(whichproxy_resolver_changed(r, WHICHPROXY_CHANGE_FAULT,
                                      &changed) == WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_resolver_changed(NULL, 0, &changed) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_changed(r, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_watch(NULL, told, &released, count, &watch) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_resolver_watch(r, told, &released, count, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(watch == NULL && released == 0);
    OK(whichproxy_resolver_watch(r, NULL, NULL, NULL, &watch));
    whichproxy_watch_free(watch);
    OK(whichproxy_resolver_watch(r, told, &released, count, &watch));
    whichproxy_watch_free(watch);
    CHECK(released == 1);
    whichproxy_watch_free(NULL);
    whichproxy_resolution_free(found);
    whichproxy_resolver_free(r);
    whichproxy_resolution_free(NULL);
    whichproxy_resolver_free(NULL);
}

static void attempts(void)
{
    whichproxy_machine *m = offline();
    whichproxy_resolver *r = NULL;
    whichproxy_resolution *found = NULL;
    whichproxy_attempts *all = NULL;
    whichproxy_attempt *attempt = NULL;
    whichproxy_route route;
    bool moves_on = false;

    OK(whichproxy_machine_add_reg(m, T(REG), NULL, 0));
    OK(whichproxy_resolver_new(3, m, NULL, 0, NULL, 0, &r));
    OK(whichproxy_resolver_resolve(r, T("https://x.example/"), &found));
    CHECK(whichproxy_attempts_new(NULL, &all) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_attempts_new(r, NULL) == WHICHPROXY_NULL_POINTER);
    OK(whichproxy_attempts_new(r, &all));
    CHECK(whichproxy_attempts_begin(NULL, found, &attempt) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_attempts_begin(all, NULL, &attempt) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_attempts_begin(all, found, NULL) ==
          WHICHPROXY_NULL_POINTER);
    OK(whichproxy_attempts_begin(all, found, &attempt));
    OK(whichproxy_attempt_route(attempt, &route));
    CHECK(route.kind == WHICHPROXY_PROXY && is(route.host, "10.0.0.6"));
    CHECK(whichproxy_attempt_route(NULL, &route) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_attempt_route(attempt, NULL) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_attempt_failed(attempt, 8, 0, &moves_on) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_attempt_failed(NULL, 1, 0, &moves_on) ==
          WHICHPROXY_NULL_POINTER);
    OK(whichproxy_attempt_failed(attempt, WHICHPROXY_REFUSED, 0, &moves_on));
    CHECK(moves_on);
    OK(whichproxy_attempt_route(attempt, &route));
    CHECK(route.kind == WHICHPROXY_DIRECT);
    OK(whichproxy_attempt_worked(attempt));
    CHECK(whichproxy_attempt_worked(NULL) == WHICHPROXY_NULL_POINTER);
    OK(whichproxy_attempt_failed(attempt, WHICHPROXY_TIMED_OUT, 0, NULL));
    CHECK(whichproxy_attempt_route(attempt, &route) ==
          WHICHPROXY_NOTHING_LEFT);
    whichproxy_attempt_free(attempt);
    whichproxy_attempts_free(all);
    whichproxy_attempt_free(NULL);
    whichproxy_attempts_free(NULL);
    whichproxy_resolution_free(found);
    whichproxy_resolver_free(r);
    whichproxy_machine_free(m);
}

/* Knows one name; says of another that it can't be asked. */
static int32_t lookup(void *context, whichproxy_str name, uint32_t family,
                      whichproxy_answer *answer)
{
    ++*(int *)context;
    CHECK(family == 4 || family == 6 || family == 0);
    if (is(name, "broken.example"))
        return 5;
    if (is(name, "known.example")) {
        OK(whichproxy_add_address(answer, T("192.0.2.7")));
        OK(whichproxy_add_address(answer, T("2001:db8::7")));
    }
    CHECK(whichproxy_add_address(answer, T("x")) == WHICHPROXY_BAD_INPUT);
    CHECK(whichproxy_add_address(answer, NULL, 0) == WHICHPROXY_NULL_POINTER);
    return 0;
}

static void released(void *context)
{
    *(int *)context += 1000;
}

static void scripts(void)
{
    whichproxy_machine *m = offline();
    whichproxy_pac *pac = NULL, *none = NULL;
    whichproxy_evaluation *found = NULL, *many[2];
    whichproxy_status statuses[2];
    whichproxy_str urls[2];
    whichproxy_route route;
    whichproxy_text *text = NULL;
    int asked = 0;

    CHECK(whichproxy_add_address(NULL, T("::1")) == WHICHPROXY_NULL_POINTER);
    OK(whichproxy_machine_set_lookup(m, lookup, &asked, released));
    CHECK(whichproxy_machine_set_lookup(m, NULL, &asked, released) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_machine_set_lookup(NULL, lookup, &asked, NULL) ==
          WHICHPROXY_NULL_POINTER);

    CHECK(whichproxy_pac_new(T("function ("), 0, NULL, 0, 0, &none) ==
          WHICHPROXY_SCRIPT_FAILED);
    CHECK(is(whichproxy_last_error_kind(), "syntax"));
    CHECK(whichproxy_pac_new(NULL, 0, 0, NULL, 0, 0, &none) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_new(T(SCRIPT), 9, NULL, 0, 0, &none) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_pac_new(T(SCRIPT), 2, NULL, 0, 0, &none) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_new(T(SCRIPT), 2, BAD, 3, 0, &none) ==
          WHICHPROXY_NOT_UTF8);
    CHECK(whichproxy_pac_new(T(SCRIPT), 0, NULL, 0, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(none == NULL);
    OK(whichproxy_pac_new(T(SCRIPT), WHICHPROXY_THREAD, NULL, 0, 2000, &pac));
    CHECK(is(whichproxy_pac_strategy(pac), "compiled"));
    CHECK(is(whichproxy_pac_depends_on(pac), "host dns"));
    CHECK(is(whichproxy_pac_refusals(pac), ""));
    CHECK(is(whichproxy_pac_strategy(NULL), ""));
    CHECK(is(whichproxy_pac_depends_on(NULL), ""));
    CHECK(is(whichproxy_pac_refusals(NULL), ""));

    OK(whichproxy_pac_find_proxy(pac, m, T("http://known.example/"), NULL, 0,
                                 &found));
    CHECK(asked == 1);
    CHECK(is(whichproxy_evaluation_text(found),
             "PROXY 192.0.2.7:1; PROXY b:2; DIRECT"));
    CHECK(is(whichproxy_evaluation_result(found),
             "PROXY 192.0.2.7:1; PROXY b:2; DIRECT"));
    CHECK(whichproxy_evaluation_len(found) == 3);
    OK(whichproxy_evaluation_route(found, 1, &route));
    CHECK(is(route.host, "b") && route.port == 2);
    CHECK(whichproxy_evaluation_route(found, 3, &route) ==
          WHICHPROXY_OUT_OF_RANGE);
    CHECK(whichproxy_evaluation_route(NULL, 0, &route) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_evaluation_route(found, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    whichproxy_evaluation_free(found);
    found = NULL;
    CHECK(whichproxy_evaluation_len(NULL) == 0);
    CHECK(is(whichproxy_evaluation_text(NULL), ""));
    CHECK(is(whichproxy_evaluation_result(NULL), ""));

    OK(whichproxy_pac_find_proxy(pac, m, T("raw"), T("known.example"),
                                 &found));
    CHECK(whichproxy_evaluation_len(found) == 3);
    whichproxy_evaluation_free(found);
    found = NULL;
    /* No machine knows no name, and a lookup may fail. */
    OK(whichproxy_pac_find_proxy(pac, NULL, T("http://known.example/"), NULL,
                                 0, &found));
    CHECK(is(whichproxy_evaluation_text(found), "DIRECT"));
    whichproxy_evaluation_free(found);
    found = NULL;
    OK(whichproxy_pac_find_proxy(pac, m, T("http://broken.example/"), NULL,
                                 0, &found));
    CHECK(is(whichproxy_evaluation_text(found), "DIRECT"));
    whichproxy_evaluation_free(found);
    found = NULL;
    CHECK(whichproxy_pac_find_proxy(NULL, m, T("http://x/"), NULL, 0,
                                    &found) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_find_proxy(pac, m, NULL, 0, NULL, 0, &found) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_find_proxy(pac, m, T("http://x/"), BAD, 3,
                                    &found) == WHICHPROXY_NOT_UTF8);
    CHECK(whichproxy_pac_find_proxy(pac, m, T("http://x/"), NULL, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_find_proxy(pac, m, T("no url"), NULL, 0, &found) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(found == NULL);

    urls[0].data = "http://known.example/";
    urls[0].len = strlen(urls[0].data);
    urls[1].data = "no url";
    urls[1].len = 6;
    OK(whichproxy_pac_find_proxy_many(pac, m, urls, 2, many, statuses));
    CHECK(statuses[0] == WHICHPROXY_OK && many[1] == NULL);
    CHECK(statuses[1] == WHICHPROXY_BAD_INPUT);
    whichproxy_evaluation_free(many[0]);
    CHECK(whichproxy_pac_find_proxy_many(NULL, m, urls, 2, many, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_find_proxy_many(pac, m, NULL, 2, many, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_find_proxy_many(pac, m, urls, 2, NULL, NULL) ==
          WHICHPROXY_NULL_POINTER);

    OK(whichproxy_pac_explain(pac, m, T("http://known.example/"), NULL, 0,
                              &text));
    CHECK(has(whichproxy_text_str(text), "dns known.example v4"));
    whichproxy_text_free(text);
    text = NULL;
    CHECK(whichproxy_pac_explain(NULL, m, T("http://x/"), NULL, 0, &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_explain(pac, m, NULL, 0, NULL, 0, &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_explain(pac, m, T("http://x/"), NULL, 0, NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_pac_explain(pac, m, T("no url"), NULL, 0, &text) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(text == NULL);
    whichproxy_pac_free(pac);
    pac = NULL;

    /* It needs JavaScript, and throws. */
    OK(whichproxy_pac_new(
        T("function FindProxyForURL(u, h) { throw eval('1'); }"), 0, NULL, 0,
        0, &pac));
    CHECK(is(whichproxy_pac_strategy(pac), "js"));
    CHECK(has(whichproxy_pac_refusals(pac), "line 1"));
    CHECK(whichproxy_pac_find_proxy(pac, m, T("http://x/"), NULL, 0,
                                    &found) == WHICHPROXY_SCRIPT_FAILED);
    CHECK(is(whichproxy_last_error_kind(), "exception"));
    CHECK(whichproxy_last_error_winhttp_code() != 0);
    OK(whichproxy_pac_explain(pac, m, T("http://x/"), NULL, 0, &text));
    CHECK(has(whichproxy_text_str(text), "\"error\""));
    whichproxy_text_free(text);
    whichproxy_pac_free(pac);
    whichproxy_pac_free(NULL);
    whichproxy_evaluation_free(NULL);
    CHECK(asked < 1000);
    whichproxy_machine_free(m);
    CHECK(asked > 1000 && asked < 2000);
}

/* A script of a page, by WinINET's settings, with credentials. */
static void pages(void)
{
    static const char USER[] =
        "REGEDIT4\n\n"
        "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\"
        "Internet Settings]\n"
        "\"ProxyEnable\"=dword:00000001\n"
        "\"ProxyServer\"=\"http://me:se%40cret@p:3128\"\n";
    whichproxy_machine *m = offline();
    whichproxy_resolver *r = NULL;
    whichproxy_resolution *found = NULL;
    whichproxy_route route;

    OK(whichproxy_machine_add_reg(m, T(INTERNET), NULL, 0));
    OK(whichproxy_machine_add_reg(m, T(USER), NULL, 0));
    OK(whichproxy_machine_add_page(m, T("http://pac.example/p.pac"),
                                   T(SCRIPT), NULL, 0));
    OK(whichproxy_machine_add_name(m, T("a.example"), T("192.0.2.1")));
    OK(whichproxy_resolver_new(WHICHPROXY_WININET, m, NULL, 0, NULL, 0, &r));
    OK(whichproxy_resolver_resolve(r, T("http://a.example/"), &found));
    CHECK(has(whichproxy_resolution_text(found), "PROXY 192.0.2.1:1"));
    CHECK(!has(whichproxy_resolution_trace(found), "cret"));
    OK(whichproxy_resolution_route(found, 0, &route));
    CHECK(is(route.host, "192.0.2.1"));
    whichproxy_resolution_free(found);
    whichproxy_resolver_free(r);
    whichproxy_machine_free(m);
}

static void lists(void)
{
    whichproxy_bypass *list = NULL, *none = NULL;
    whichproxy_text *text = NULL;
    bool matches = false;

    CHECK(whichproxy_bypass_new(NULL, 0, T("curl"), &none) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_bypass_new(T("a"), NULL, 0, &none) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_bypass_new(T("a"), T("curl"), NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_bypass_new(T("a"), T("x"), &none) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(has(whichproxy_last_error(), "there are curl, defender-av"));
    CHECK(whichproxy_bypass_new(BAD, 3, T("curl"), &none) ==
          WHICHPROXY_NOT_UTF8);
    CHECK(none == NULL);
    OK(whichproxy_bypass_new(T("*.corp.example"), T("winhttp"), &list));
    OK(whichproxy_bypass_matches(list, T("http://a.corp.example/"),
                                 &matches));
    CHECK(matches);
    OK(whichproxy_bypass_matches(list, T("http://b.example/"), &matches));
    CHECK(!matches);
    CHECK(whichproxy_bypass_matches(NULL, T("http://a/"), &matches) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_bypass_matches(list, NULL, 0, &matches) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_bypass_matches(list, T("http://a/"), NULL) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_bypass_matches(list, T("a"), &matches) ==
          WHICHPROXY_BAD_INPUT);
    OK(whichproxy_bypass_explain(list, T("http://a.corp.example/"), &text));
    CHECK(has(whichproxy_text_str(text), "\"entry\":\"*.corp.example\""));
    whichproxy_text_free(text);
    text = NULL;
    CHECK(whichproxy_bypass_explain(NULL, T("http://a/"), &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_bypass_explain(list, T("http://a/"), NULL) ==
          WHICHPROXY_NULL_POINTER);
    whichproxy_bypass_free(list);
    whichproxy_bypass_free(NULL);

    OK(whichproxy_proxies_explain(T("http=a:80;b:81"), T("winhttp"),
                                  T("https"), &text));
    CHECK(has(whichproxy_text_str(text), "[\"PROXY b:81\"]"));
    whichproxy_text_free(text);
    text = NULL;
    CHECK(whichproxy_proxies_explain(T("a"), T("x"), T("http"), &text) ==
          WHICHPROXY_BAD_INPUT);
    CHECK(whichproxy_proxies_explain(NULL, 0, T("winhttp"), T("http"),
                                     &text) == WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_proxies_explain(T("a"), NULL, 0, T("http"), &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_proxies_explain(T("a"), T("winhttp"), NULL, 0, &text) ==
          WHICHPROXY_NULL_POINTER);
    CHECK(whichproxy_proxies_explain(T("a"), T("winhttp"), T("http"),
                                     NULL) == WHICHPROXY_NULL_POINTER);
    CHECK(text == NULL);
}

int main(int argc, char **argv)
{
    whichproxy_pac *pac = NULL;

    whichproxy_serve_if_asked(0, NULL);
    CHECK(is(whichproxy_last_error(), ""));
    CHECK(is(whichproxy_last_error_kind(), ""));
    CHECK(whichproxy_last_error_winhttp_code() == 0);
    /* A program that has not said that it can be a worker, is none. */
    CHECK(whichproxy_pac_new(T(SCRIPT), WHICHPROXY_WORKER, NULL, 0, 0,
                             &pac) == WHICHPROXY_BAD_INPUT);
    CHECK(has(whichproxy_last_error(), "whichproxy_serve_if_asked"));
    whichproxy_serve_if_asked(argc, (const char *const *)argv);
    versions();
    errors();
    clients();
    machines();
    resolving();
    attempts();
    scripts();
    pages();
    lists();
    puts("every function: as it should be");
    return 0;
}
