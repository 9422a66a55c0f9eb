/* What only Windows has: its registry, and texts in UTF-16.
 *
 *     windows PROXY COMMAND
 *
 * PROXY is what the registry says of Defender; COMMAND is the whichproxy
 * command. */
#include <windows.h>

#include "check.h"

/* The name of a file, in UTF-8 and in UTF-16. No code page has all of it. */
#define NAME "w\xc3\xb6rker \xce\xb1 \xe4\xb8\xad.exe"
#define WIDE_NAME L"w\u00f6rker \u03b1 \u4e2d.exe"

#define PLACE "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings"

/* Writes a value of the Internet settings. */
static void set(HKEY key, const wchar_t *name, DWORD type, const void *data,
                size_t size)
{
    CHECK(RegSetValueExW(key, name, 0, type, (const BYTE *)data,
                         (DWORD)size) == ERROR_SUCCESS);
}

/* The registry as it is: what reg.exe wrote, and what this writes. */
static void registry(const char *proxy)
{
    static const wchar_t *const names[] = {L"ProxyEnable", L"ProxyServer",
                                           L"ProxyOverride"};
    static const wchar_t SERVER[] = L"10.1.2.4:80";
    static const wchar_t LIST[] = L"*.m\u00fcnchen.example;*.\u4e2d.example";
    static const DWORD ENABLED = 1;
    HKEY key = NULL;
    size_t at;
    whichproxy_machine *machine = NULL;
    whichproxy_resolver *resolver = NULL;
    whichproxy_resolution *found = NULL;
    whichproxy_text *text = NULL;

    OK(whichproxy_machine_live(&machine));
    OK(whichproxy_resolver_new(WHICHPROXY_DEFENDER_EDR, machine, NULL, 0,
                               NULL, 0, &resolver));
    OK(whichproxy_resolver_resolve(resolver, T("https://x.example/"),
                                   &found));
    CHECK(has(whichproxy_resolution_text(found), proxy));
    CHECK(has(whichproxy_resolution_trace(found), "TelemetryProxyServer"));
    whichproxy_resolution_free(found);
    whichproxy_resolver_free(resolver);
    whichproxy_machine_free(machine);

    CHECK(RegCreateKeyExA(HKEY_CURRENT_USER, PLACE, 0, NULL, 0,
                          KEY_SET_VALUE, NULL, &key, NULL) == ERROR_SUCCESS);
    set(key, names[0], REG_DWORD, &ENABLED, sizeof ENABLED);
    set(key, names[1], REG_SZ, SERVER, sizeof SERVER);
    set(key, names[2], REG_SZ, LIST, sizeof LIST);
    OK(whichproxy_machine_live(&machine));
    OK(whichproxy_machine_settings(machine, WHICHPROXY_WININET, NULL, 0,
                                   &text));
    CHECK(has(whichproxy_text_str(text),
              "*.m\xc3\xbcnchen.example;*.\xe4\xb8\xad.example"));
    whichproxy_text_free(text);
    whichproxy_machine_free(machine);
    for (at = 0; at < sizeof names / sizeof names[0]; at++)
        CHECK(RegDeleteValueW(key, names[at]) == ERROR_SUCCESS);
    RegCloseKey(key);
}

/* A path in UTF-8 is that of Windows. */
static void path(const char *command)
{
    whichproxy_pac *pac = NULL;
    whichproxy_evaluation *found = NULL;
    wchar_t wide[MAX_PATH];
    char whole[3 * MAX_PATH];

    CHECK(MultiByteToWideChar(CP_ACP, 0, command, -1, wide, MAX_PATH) > 0);
    CHECK(CopyFileW(wide, WIDE_NAME, FALSE));
    CHECK(GetFullPathNameW(WIDE_NAME, MAX_PATH, wide, NULL) > 0);
    CHECK(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, whole,
                              sizeof whole, NULL, NULL) > 0);
    CHECK(strstr(whole, NAME) != NULL);
    OK(whichproxy_pac_new(T("function FindProxyForURL(url, host) {"
                            " return eval(\"'PROXY ' + host + ':1'\"); }"),
                          WHICHPROXY_WORKER_AT, T(whole), 10000, &pac));
    CHECK(is(whichproxy_pac_strategy(pac), "js"));
    OK(whichproxy_pac_find_proxy(pac, NULL, T("http://a.example/"), NULL, 0,
                                 &found));
    CHECK(is(whichproxy_evaluation_text(found), "PROXY a.example:1"));
    whichproxy_evaluation_free(found);
    whichproxy_pac_free(pac);
    /* Its process may be about to end. */
    while (!DeleteFileW(WIDE_NAME)) {
        CHECK(GetLastError() == ERROR_ACCESS_DENIED ||
              GetLastError() == ERROR_SHARING_VIOLATION);
        Sleep(10);
    }

    /* There is no program any more, which is said. */
    pac = NULL;
    CHECK(whichproxy_pac_new(T("function FindProxyForURL(url, host) {"
                               " return eval(\"'DIRECT'\"); }"),
                             WHICHPROXY_WORKER_AT, T(whole), 10000, &pac) ==
          WHICHPROXY_SCRIPT_FAILED);
    CHECK(has(whichproxy_last_error(), "no worker process"));
    CHECK(pac == NULL);
}

int main(int argc, char **argv)
{
    CHECK(argc == 3);
    registry(argv[1]);
    path(argv[2]);
    puts("windows: as it should be");
    return 0;
}
