"""Makes the package importable for pytest, wherever it is started."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
