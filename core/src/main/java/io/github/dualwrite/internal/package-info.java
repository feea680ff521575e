/** Parts of the protocol that applications and adapters must not touch; may change in any release. */
@NullMarked
package io.github.dualwrite.internal;

import org.jspecify.annotations.NullMarked;
