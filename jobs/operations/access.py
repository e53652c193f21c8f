from jobs.operations.people import create_project as create_project
from jobs.operations.people import ensure_demo_project as ensure_demo_project
from jobs.operations.people import ensure_first_admin as ensure_first_admin
from jobs.operations.people import reset_password as reset_password
from jobs.operations.tokens import authenticate_token as authenticate_token
from jobs.operations.tokens import create_token as create_token
from jobs.operations.tokens import revoke_token as revoke_token
