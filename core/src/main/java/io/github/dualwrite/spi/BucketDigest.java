package io.github.dualwrite.spi;

/**
 * Records of one bucket taken together, in no order. Digests of parts are added.
 *
 * @param bucket the number of the bucket, from 0
 * @param count how many records
 * @param high the higher half of the sum of their digests, modulo 2<sup>128</sup>
 * @param low the lower half
 */
public record BucketDigest(int bucket, long count, long high, long low) {}
