/**
 * Meters and traces through Micrometer, which is an optional dependency: nothing outside this package needs it.
 *
 * <p>{@link io.github.dualwrite.metrics.DualWriteMetrics} needs {@code io.micrometer:micrometer-core}, {@link
 * io.github.dualwrite.metrics.DualWriteObservations} only {@code io.micrometer:micrometer-observation}.
 */
@NullMarked
package io.github.dualwrite.metrics;

import org.jspecify.annotations.NullMarked;
