/*
 * A bcryptprimitives.dll for Wine versions that have none (before 9.0).
 *
 * Rust's standard library takes its random bytes from ProcessPrng and
 * does not start without it. Here it is RtlGenRandom, which advapi32.dll
 * exports as SystemFunction036. Only tests use this: Windows, and Wine
 * since 9.0, bring their own.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI
ProcessPrng(PBYTE buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 0x40000000 ? 0x40000000 : (ULONG)length;
        if (!SystemFunction036(buffer, part))
            return FALSE;
        buffer += part;
        length -= part;
    }
    return TRUE;
}
