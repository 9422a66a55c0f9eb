/* A program lets go of the library while a thread of it runs a script. */
#include <windows.h>

#include "check.h"

static const char SCRIPT[] =
    "function FindProxyForURL(url, host) { for (;;) eval('1'); }";

/* They are not linked, but asked for. */
#define GET(name)                                                          \
    do {                                                                   \
        FARPROC found_ = GetProcAddress(library, "whichproxy_" #name);     \
        if (found_ == NULL)                                                \
            return 2;                                                      \
        memcpy(&name, &found_, sizeof name);                               \
    } while (0)

int main(void)
{
    whichproxy_status (*pac_new)(const uint8_t *, size_t, uint32_t,
                                 const uint8_t *, size_t, uint64_t,
                                 whichproxy_pac **);
    whichproxy_status (*pac_find_proxy)(
        const whichproxy_pac *, const whichproxy_machine *, const uint8_t *,
        size_t, const uint8_t *, size_t, whichproxy_evaluation **);
    void (*pac_free)(whichproxy_pac *);
    whichproxy_pac *pac = NULL;
    whichproxy_evaluation *found = NULL;
    HMODULE library = LoadLibraryA("whichproxy.dll");

    if (library == NULL)
        return 3;
    GET(pac_new);
    GET(pac_find_proxy);
    GET(pac_free);
    if (pac_new(T(SCRIPT), WHICHPROXY_THREAD, NULL, 0, 200, &pac) !=
            WHICHPROXY_OK ||
        pac_find_proxy(pac, NULL, T("http://x/"), NULL, 0, &found) !=
            WHICHPROXY_SCRIPT_FAILED)
        return 4;
    pac_free(pac);
    if (!FreeLibrary(library))
        return 5;
    /* What of it still runs, or waits, may go on. */
    Sleep(500);
    if (GetModuleHandleA("whichproxy.dll") == NULL)
        return 6;
    puts("unload: as it should be");
    return 0;
}
