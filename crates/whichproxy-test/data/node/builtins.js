// The builtins of PAC, written for V8 from their descriptions, so that the
// Rust ones and boa have a second opinion. `machine` answers what a script
// asks, and writes it down.
//
// They follow what Firefox and Chromium agree on (NETSCAPE-PAC), and for the
// functions of FindProxyForURLEx Microsoft's pages (WINHTTP-PAC-EX).
'use strict';

const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const NAME_BYTES = 255;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP',
  'OCT', 'NOV', 'DEC'];

module.exports = function builtins(machine, RealDate) {
  const now = () => new RealDate(machine.now());

  function text(value, what) {
    if (typeof value !== 'string') throw new TypeError(what);
    return value;
  }

  /// The numbers of a dotted quad, else null.
  function quad(value) {
    const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(value);
    if (!parts) return null;
    const numbers = parts.slice(1).map(Number);
    return numbers.every((n) => n <= 255) ? numbers : null;
  }

  const word = (numbers) => numbers.reduce((sum, n) => (sum << 8) | n, 0);

  /// Whether it is worth asking.
  function mayBeName(host) {
    // eslint-disable-next-line no-control-regex
    return host.length <= NAME_BYTES && !/[:\0-\x1f\x7f-\x9f]/.test(host);
  }

  function v4(host) {
    if (typeof host !== 'string' || host === '') return null;
    if (quad(host) && !/(^|\.)0\d/.test(host)) return host;
    if (!mayBeName(host)) return null;
    return machine.resolve(host, 'v4')[0] ?? null;
  }

  /// Local fields as UTC ones, one after the other, as the shared library
  /// sets them.
  function asGmt(date, fields) {
    for (const field of fields) {
      date[`set${field}`](date[`getUTC${field}`]());
    }
    return date;
  }

  function within(from, date, to) {
    return from <= to ? from <= date && date <= to : date <= to || from <= date;
  }

  /// Takes `GMT` off the end of the arguments.
  function split(values) {
    const gmt = values.length > 0 && values[values.length - 1] === 'GMT';
    return [gmt ? values.slice(0, -1) : values, gmt];
  }

  /// The 16-bit words of an IPv6 address, or the bytes of an IPv4 one.
  function address(value) {
    const plain = String(value).split('%')[0];
    if (require('net').isIPv4(plain)) {
      return { family: 4, bytes: plain.split('.').map(Number) };
    }
    if (!require('net').isIPv6(plain)) return null;
    let groups = plain;
    const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
    if (tail) {
      const [a, b, c, d] = tail[2].split('.').map(Number);
      groups = `${tail[1]}${((a << 8) | b).toString(16)}:${
        ((c << 8) | d).toString(16)}`;
    }
    const [left, right] = groups.split('::');
    const words = (part) => (part ? part.split(':') : []);
    const missing = right === undefined ? 0
      : 8 - words(left).length - words(right).length;
    const all = [...words(left), ...Array(missing).fill('0'),
      ...words(right)];
    const bytes = all.flatMap((group) => {
      const number = parseInt(group, 16);
      return [number >> 8, number & 255];
    });
    return { family: 6, bytes };
  }

  function compare(a, b) {
    for (let i = 0; i < a.bytes.length; i += 1) {
      if (a.bytes[i] !== b.bytes[i]) return a.bytes[i] - b.bytes[i];
    }
    return 0;
  }

  const sixFirst = (list) => [
    ...list.filter((ip) => ip.includes(':')),
    ...list.filter((ip) => !ip.includes(':')),
  ].join(';');

  const functions = {
    isPlainHostName: (host) => !/[.:]/.test(text(host, 'host')),

    dnsDomainIs(host, domain) {
      // What has no length to compare, throws; other things are no text's end.
      if (host == null || domain == null) throw new TypeError('domain');
      if (typeof host !== 'string' || typeof domain !== 'string') return false;
      return host.endsWith(domain);
    },

    localHostOrDomainIs(host, full) {
      return host === full || text(full, 'name').startsWith(`${host}.`);
    },

    dnsDomainLevels: (host) => text(host, 'host').split('.').length - 1,

    dnsResolve: v4,

    isResolvable: (host) => v4(host) !== null,

    isInNet(host, pattern, mask) {
      const [wanted, bits] = [quad(pattern), quad(mask)];
      if (!wanted || !bits) return false;
      const own = quad(host) ?? quad(v4(host));
      return own !== null
        && (word(own) & word(bits)) === (word(wanted) & word(bits));
    },

    convert_addr(ip) {
      const parts = text(ip, 'address').split('.');
      return word([0, 1, 2, 3].map((i) => parts[i] & 255));
    },

    myIpAddress: () => machine.own('v4')[0] ?? '127.0.0.1',

    shExpMatch(subject, pattern) {
      const source = text(pattern, 'pattern')
        .replace(/\./g, '\\.').replace(/\*/g, '.*').replace(/\?/g, '.');
      return new RegExp(`^${source}$`).test(subject);
    },

    weekdayRange(...values) {
      const [days, gmt] = split(values);
      if (values.length === 0) return false;
      const today = gmt ? now().getUTCDay() : now().getDay();
      const from = DAYS.indexOf(days[0]);
      const to = days.length === 2 ? DAYS.indexOf(days[1]) : from;
      if (from < 0 || to < 0) return false;
      return within(from, today, to);
    },

    dateRange(...values) {
      const [parts, gmt] = split(values);
      if (values.length === 0) return false;
      const get = (field) => now()[`get${gmt ? 'UTC' : ''}${field}`]();
      const month = (name) => MONTHS.indexOf(name);
      if (parts.length === 1) {
        const number = parseInt(parts[0], 10);
        if (Number.isNaN(number)) return get('Month') === month(parts[0]);
        return get(number < 32 ? 'Date' : 'FullYear') === number;
      }
      const today = now();
      const year = today.getFullYear();
      const from = new RealDate(year, 0, 1, 0, 0, 0);
      const to = new RealDate(year, 11, 31, 23, 59, 59);
      const half = parts.length >> 1;
      let days = false;
      parts.forEach((part, i) => {
        const date = i < half ? from : to;
        const number = parseInt(part, 10);
        if (Number.isNaN(number)) {
          date.setMonth(month(part));
        } else if (number < 32) {
          if (i < half && parts.length <= 2) days = true;
          date.setDate(number);
        } else {
          date.setFullYear(number);
        }
      });
      if (days) {
        from.setMonth(today.getMonth());
        to.setMonth(today.getMonth());
      }
      if (gmt) {
        asGmt(today, ['FullYear', 'Month', 'Date', 'Hours', 'Minutes',
          'Seconds']);
      }
      return within(from, today, to);
    },

    timeRange(...values) {
      const [parts, gmt] = split(values);
      if (values.length === 0) return false;
      const hour = gmt ? now().getUTCHours() : now().getHours();
      // eslint-disable-next-line eqeqeq
      if (parts.length === 1) return hour == parts[0];
      if (parts.length === 2) return parts[0] <= hour && hour <= parts[1];
      if (parts.length !== 4 && parts.length !== 6) {
        throw new Error('timeRange: bad number of arguments');
      }
      const [today, from, to] = [now(), now(), now()];
      const half = parts.length / 2;
      if (half === 3) {
        from.setSeconds(parts[2]);
        to.setSeconds(parts[5]);
      }
      from.setHours(parts[0]);
      from.setMinutes(parts[1]);
      to.setHours(parts[half]);
      to.setMinutes(parts[half + 1]);
      if (half === 2) to.setSeconds(59);
      if (gmt) {
        asGmt(today, ['FullYear', 'Month', 'Date', 'Hours', 'Minutes',
          'Seconds']);
      }
      return within(from, today, to);
    },

    alert: (message) => machine.alert(String(message)),

    isResolvableEx: (host) => functions.dnsResolveEx(host) !== '',

    dnsResolveEx(host) {
      if (typeof host !== 'string' || host === '') return '';
      if (address(host)) return host;
      if (!mayBeName(host)) return '';
      return sixFirst(machine.resolve(host, 'any'));
    },

    myIpAddressEx: () => sixFirst(machine.own('any')),

    isInNetEx(ip, prefix) {
      const [own, [network, length, more]] = [address(ip),
        String(prefix).split('/')];
      const wanted = address(network);
      if (!own || !wanted || more !== undefined || own.family !== wanted.family
        || !/^\d{1,3}$/.test(length) || length > own.bytes.length * 8) {
        return false;
      }
      return own.bytes.every((byte, i) => {
        const bits = Math.min(Math.max(length - i * 8, 0), 8);
        const mask = (0xff00 >> bits) & 255;
        return (byte & mask) === (wanted.bytes[i] & mask);
      });
    },

    sortIpAddressList(list) {
      if (typeof list !== 'string' || list === '') return '';
      const all = list.split(';').map((ip) => ip.trim())
        .map((ip) => ({ ip, value: address(ip) }));
      if (all.some(({ value }) => value === null)) return '';
      all.sort((a, b) => b.value.family - a.value.family
        || compare(a.value, b.value));
      return all.map(({ ip }) => ip).join(';');
    },

    getClientVersion: () => '1.0',
  };
  return functions;
};
