"""Two views: the user of a token, and a token for a password."""

from django.urls import path
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class WhoAmI(APIView):
    """Returns the username of the caller, who must present a token."""

    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"user": request.user.get_username()})


urlpatterns = [
    path("whoami", WhoAmI.as_view()),
    path("obtain", obtain_auth_token),
]
