/* As much of the whichproxy command as the suite's cases need, in C: its
 * answers are those of the library. */
#include "check.h"

#ifdef _WIN32
#include <windows.h>
/* After it. */
#include <shellapi.h>

/* The arguments in UTF-8: main has them in the system's code page. */
static char **in_utf8(int *argc, char **argv)
{
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), argc);
    char **all = (char **)calloc((size_t)*argc + 1, sizeof *all);
    int at;

    (void)argv;
    CHECK(wide != NULL && all != NULL);
    for (at = 0; at < *argc; at++) {
        int size = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS,
                                       wide[at], -1, NULL, 0, NULL, NULL);

        CHECK(size > 0);
        all[at] = (char *)malloc((size_t)size);
        CHECK(all[at] != NULL);
        CHECK(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide[at],
                                  -1, all[at], size, NULL, NULL) == size);
    }
    LocalFree(wide);
    return all;
}
#else
static char **in_utf8(int *argc, char **argv)
{
    (void)argc;
    return argv;
}
#endif

static const char *client_name = "winhttp-auto", *reading, *user;
static const char *host, *type, *list, *rules, *scheme;
static whichproxy_machine *machine;
static int all_readings;

/* Ends as the command does when what it is given is no use. */
static void stop(void)
{
    whichproxy_str why = whichproxy_last_error();

    fprintf(stderr, "whichproxy: %.*s\n", (int)why.len, why.data);
    exit(2);
}

static void need(whichproxy_status status)
{
    if (status != WHICHPROXY_OK)
        stop();
}

static uint8_t *contents(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    size_t room = 1 << 16;
    uint8_t *bytes = (uint8_t *)malloc(room);

    CHECK(file != NULL && bytes != NULL);
    *len = 0;
    for (;;) {
        size_t got = fread(bytes + *len, 1, room - *len, file);

        *len += got;
        if (got == 0)
            break;
        if (*len == room) {
            room *= 2;
            bytes = (uint8_t *)realloc(bytes, room);
            CHECK(bytes != NULL);
        }
    }
    fclose(file);
    return bytes;
}

/* Cuts at the first, or the last, of a character; what follows it. */
static char *cut(char *text, char at, int last)
{
    char *found = last ? strrchr(text, at) : strchr(text, at);

    CHECK(found != NULL);
    *found = '\0';
    return found + 1;
}

static void option(const char *name, char *value)
{
    if (strcmp(name, "--as") == 0) {
        client_name = value;
    } else if (strcmp(name, "--reading") == 0) {
        reading = value;
    } else if (strcmp(name, "--user") == 0) {
        user = value;
    } else if (strcmp(name, "--reg") == 0) {
        size_t len;
        uint8_t *bytes = contents(value, &len);

        need(whichproxy_machine_add_reg(machine, bytes, len, T(value)));
        free(bytes);
    } else if (strcmp(name, "--env") == 0) {
        char *rest = cut(value, '=', 0);

        need(whichproxy_machine_set_env(machine, T(value), T(rest)));
    } else if (strcmp(name, "--page") == 0) {
        size_t len;
        char *path = cut(value, '=', 1);
        uint8_t *bytes = contents(path, &len);

        need(whichproxy_machine_add_page(machine, T(value), bytes, len,
                                         (const uint8_t *)type,
                                         type == NULL ? 0 : strlen(type)));
        type = NULL;
        free(bytes);
    } else if (strcmp(name, "--dhcp-wpad") == 0) {
        need(whichproxy_machine_set_wpad_option(machine, T(value)));
    } else if (strcmp(name, "--dhcp-wpad-file") == 0) {
        size_t len;
        uint8_t *bytes = contents(value, &len);

        need(whichproxy_machine_set_wpad_option(machine, bytes, len));
        free(bytes);
    } else if (strcmp(name, "--search") == 0) {
        need(whichproxy_machine_add_search(machine, T(value)));
    } else if (strcmp(name, "--page-type") == 0) {
        /* Of the next page. */
        type = value;
    } else if (strcmp(name, "--host") == 0) {
        host = value;
    } else if (strcmp(name, "--list") == 0) {
        list = value;
    } else if (strcmp(name, "--rules") == 0) {
        rules = value;
    } else if (strcmp(name, "--scheme") == 0) {
        scheme = value;
    } else if (strcmp(name, "--domain") == 0) {
        need(whichproxy_machine_set_domain(machine, T(value)));
    } else if (strcmp(name, "--my-ip") == 0) {
        need(whichproxy_machine_add_own_address(machine, T(value)));
    } else if (strcmp(name, "--now") == 0) {
        need(whichproxy_machine_set_now(machine, T(value)));
    } else if (strcmp(name, "--dns") == 0) {
        char *list = cut(value, '=', 0), *address;

        need(whichproxy_machine_add_name(machine, T(value), NULL, 0));
        for (address = strtok(list, ","); address != NULL;
             address = strtok(NULL, ","))
            need(whichproxy_machine_add_name(machine, T(value), T(address)));
    } else {
        CHECK(strcmp(name, "--format") == 0);
    }
}

static void print(whichproxy_text *text)
{
    whichproxy_str line = whichproxy_text_str(text);

    CHECK(fwrite(line.data, 1, line.len, stdout) == line.len);
    putchar('\n');
    whichproxy_text_free(text);
}

static const uint8_t *bytes_of(const char *text)
{
    return (const uint8_t *)text;
}

static size_t length(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

int main(int argc, char **argv)
{
    char *words[4] = {NULL, NULL, NULL, NULL};
    whichproxy_text *text = NULL;
    whichproxy_resolver *resolver = NULL;
    uint32_t client = 0;
    int count = 0, at;

    argv = in_utf8(&argc, argv);
    need(whichproxy_machine_offline(&machine));
    for (at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--explain") == 0) {
            continue;
        } else if (strcmp(argv[at], "--all-readings") == 0) {
            all_readings = 1;
        } else if (strncmp(argv[at], "--", 2) == 0) {
            CHECK(at + 1 < argc);
            option(argv[at], argv[at + 1]);
            at++;
        } else {
            CHECK(count < 4);
            words[count++] = argv[at];
        }
    }
    CHECK(count > 0);
    if (strcmp(words[0], "pac") == 0) {
        size_t len;
        uint8_t *source;
        whichproxy_pac *pac = NULL;

        CHECK(count == 4 && strcmp(words[1], "eval") == 0);
        source = contents(words[2], &len);
        if (whichproxy_pac_new(source, len, WHICHPROXY_THREAD, NULL, 0, 0,
                               &pac) != WHICHPROXY_OK) {
            whichproxy_str why = whichproxy_last_error();
            whichproxy_str kind = whichproxy_last_error_kind();
            uint32_t code = whichproxy_last_error_winhttp_code();
            size_t byte;

            printf("{\"error\":{\"kind\":\"%.*s\",\"winhttp_code\":%lu,"
                   "\"message\":\"",
                   (int)kind.len, kind.data, (unsigned long)code);
            for (byte = 0; byte < why.len; byte++) {
                if (why.data[byte] == '"' || why.data[byte] == '\\')
                    putchar('\\');
                putchar(why.data[byte]);
            }
            puts("\"}}");
            return 1;
        }
        free(source);
        need(whichproxy_pac_explain(pac, machine, T(words[3]),
                                    bytes_of(host), length(host), &text));
        print(text);
        whichproxy_pac_free(pac);
        return 0;
    }
    if (strcmp(words[0], "bypass") == 0) {
        whichproxy_bypass *read = NULL;

        CHECK(count == 2 && list != NULL && rules != NULL);
        need(whichproxy_bypass_new(T(list), T(rules), &read));
        need(whichproxy_bypass_explain(read, T(words[1]), &text));
        print(text);
        whichproxy_bypass_free(read);
        return 0;
    }
    if (strcmp(words[0], "proxies") == 0) {
        CHECK(list != NULL && rules != NULL && scheme != NULL);
        need(whichproxy_proxies_explain(T(list), T(rules), T(scheme),
                                        &text));
        print(text);
        return 0;
    }
    need(whichproxy_client_named(T(client_name), &client));
    if (strcmp(words[0], "settings") == 0) {
        need(whichproxy_machine_settings(machine, client, bytes_of(user),
                                         length(user), &text));
        print(text);
        return 0;
    }
    if (strcmp(words[0], "plan") == 0 && all_readings) {
        need(whichproxy_machine_plans(machine, client, bytes_of(user),
                                      length(user), &text));
        print(text);
        return 0;
    }
    need(whichproxy_resolver_new(client, machine, bytes_of(reading),
                                 length(reading), bytes_of(user),
                                 length(user), &resolver));
    if (strcmp(words[0], "resolve") == 0) {
        CHECK(count == 2);
        need(whichproxy_resolver_explain(resolver, T(words[1]), &text));
        print(text);
    }
    whichproxy_resolver_free(resolver);
    whichproxy_machine_free(machine);
    return 0;
}
