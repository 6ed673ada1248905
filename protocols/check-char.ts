/** Crockford's base 32: no I, L, O or U, which people misread. https://www.crockford.com/base32.html */
export const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `2n` in GF(32), the numbers modulo x^5 + x^2 + 1: every character is a field element, so no two count alike. */
const doubled = (n: number): number => (n << 1) ^ (n & 16 ? 0b100101 : 0)

/**
 * The character after `text` (Crockford, at most 30 characters) that catches any one wrong character and any two swapped
 * ones: `text` is a polynomial over GF(32), evaluated at 2 by Horner's rule; the check stands at its lowest place.
 *
 * A sum modulo 31 took Z for 0.
 */
export function checkCharOf(text: string): string {
  let sum = 0
  for (const char of text) sum = doubled(sum ^ CROCKFORD.indexOf(char))
  return CROCKFORD[sum]!
}
