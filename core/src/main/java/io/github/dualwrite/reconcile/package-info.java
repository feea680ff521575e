/** The reconciler: drains the reconciliation queue, as a job or in the background. */
@NullMarked
package io.github.dualwrite.reconcile;

import org.jspecify.annotations.NullMarked;
