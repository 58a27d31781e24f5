/* netsum.c: checksums that a guest leaves to its network card [RFC 768, 793,
 * 1071]. */
#include "common/base/be.h"
#include "pv/netback.h"

#define ETH_BYTES  14u
#define ETH_IPV4   0x0800u
#define IP_BYTES   20u
#define IP_NOT_ONE 0x3fffu /* more fragments, or an offset */

enum { IP_TCP = 6, IP_UDP = 17 };

/* Sum of n bytes as big-endian 16-bit numbers, the last one filled up. */
static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
    for (; n >= 2; p += 2, n -= 2)
        sum += get_be16(p);
    return n == 1 ? sum + ((uint32_t)p[0] << 8) : sum;
}

/* Where the checksum is in a segment of the protocol; 0: there is none. */
static size_t place(uint8_t protocol, size_t len)
{
    size_t at = protocol == IP_TCP ? 16 : protocol == IP_UDP ? 6 : 0;

    return at != 0 && at + 2 <= len ? at : 0;
}

bool pv_netsum_fill(uint8_t *frame, size_t len)
{
    uint8_t *ip = frame + ETH_BYTES, *segment;
    size_t header, n, at;
    uint32_t sum;

    if (len < ETH_BYTES + IP_BYTES || get_be16(frame + 12) != ETH_IPV4 ||
        ip[0] >> 4 != 4 || (get_be16(ip + 6) & IP_NOT_ONE) != 0)
        return false;
    header = 4u * (ip[0] & 0xf);
    if (header < IP_BYTES || get_be16(ip + 2) < header ||
        get_be16(ip + 2) > len - ETH_BYTES)
        return false;
    n = get_be16(ip + 2) - header;
    at = place(ip[9], n);
    if (at == 0)
        return false;
    segment = ip + header;
    put_be16(segment + at, 0);
    sum = add(ip[9] + (uint32_t)n, ip + 12, 8);
    sum = add(sum, segment, n);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    if (sum == 0xffff) /* 0 would say that there is none */
        sum = 0;
    put_be16(segment + at, (uint16_t)~sum);
    return true;
}
