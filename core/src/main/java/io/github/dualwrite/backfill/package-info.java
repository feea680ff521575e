/** Backfill: copies what was there before dual writes began, next to live traffic. */
@NullMarked
package io.github.dualwrite.backfill;

import org.jspecify.annotations.NullMarked;
