/** Whether a migration is safe as it stands, with reasons. */
@NullMarked
package io.github.dualwrite.health;

import org.jspecify.annotations.NullMarked;
